import {
  type CryptoKey,
  calculateJwkThumbprint,
  createRemoteJWKSet,
  customFetch,
  type FetchImplementation,
  type JWKSCacheInput,
  type JWTVerifyGetKey,
  jwksCache,
} from 'jose'
import { IssuerUnreachable } from './refusal.ts'

export interface ServedKeysOptions {
  readonly url: string
  readonly refreshMs: number
  /** Time after a fetch in which an unknown key triggers no further one. */
  readonly cooldownMs: number
  /** Limit of one fetch, its body included. */
  readonly timeoutMs: number
  /** Called with the thumbprints (RFC 7638) of the whole key set after each fetch. */
  readonly onChanged: (thumbprints: ReadonlySet<string>) => void
}

/** The largest key set accepted, after decompression; real ones have a few KiB. */
const keySetBytesMax = 512 * 1024

/** One attempt a second while the issuer is unavailable, however many callers wait. */
const pauseAfterFaultMs = 1000

/**
 * The issuer's public keys: fetched on first use, for an unknown key, and periodically. All waiting callers share one
 * fetch, and a pause follows each, so that made-up key ids cannot flood the issuer with requests.
 */
export class ServedKeys implements Disposable {
  readonly find: JWTVerifyGetKey
  readonly #options: ServedKeysOptions
  readonly #cache: JWKSCacheInput = {}
  readonly #remote: ReturnType<typeof createRemoteJWKSet>
  readonly #timer: NodeJS.Timeout
  readonly #thumbprints = new WeakMap<object, string>()
  #served: ReadonlySet<string> = new Set()
  #taken: unknown
  #fault: { readonly atMs: number; readonly error: unknown } | undefined

  constructor(options: ServedKeysOptions) {
    this.#options = options
    this.#remote = createRemoteJWKSet(new URL(options.url), {
      timeoutDuration: options.timeoutMs,
      cooldownDuration: options.cooldownMs,
      // Twice the refresh, so that one that fails is no outage yet.
      cacheMaxAge: options.refreshMs * 2,
      [jwksCache]: this.#cache,
      [customFetch]: this.#fetch,
    })
    this.find = async (header, token) => {
      try {
        return await this.#remote(header, token)
      } finally {
        await this.#takeIn()
      }
    }
    this.#timer = setInterval(() => void this.refresh().catch(() => undefined), options.refreshMs)
    this.#timer.unref()
  }

  async refresh(): Promise<void> {
    await this.#remote.reload()
    await this.#takeIn()
  }

  serves(thumbprint: string): boolean {
    return this.#served.has(thumbprint)
  }

  async thumbprint(key: CryptoKey | Uint8Array): Promise<string> {
    if (key instanceof Uint8Array) throw new TypeError('a symmetric key was resolved')
    const known = this.#thumbprints.get(key)
    if (known !== undefined) return known
    const made = await calculateJwkThumbprint(key)
    this.#thumbprints.set(key, made)
    return made
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  /** Notices each new key set: jose also fetches on its own (first use, unknown key, age). */
  async #takeIn(): Promise<void> {
    const { jwks } = this.#cache as { readonly jwks?: { readonly keys: readonly Record<string, unknown>[] } }
    if (jwks === undefined || jwks === this.#taken) return
    this.#taken = jwks
    const made = await Promise.all(jwks.keys.map((jwk) => calculateJwkThumbprint(jwk).catch(() => undefined)))
    if (this.#taken !== jwks) return
    this.#served = new Set(made.filter((each) => each !== undefined))
    this.#options.onChanged(this.#served)
  }

  #fetch: FetchImplementation = async (url, init) => {
    if (this.#fault !== undefined && performance.now() - this.#fault.atMs < pauseAfterFaultMs) throw this.#fault.error
    try {
      const response = await fetch(url, init)
      if (response.status !== 200) throw new Error(`the key set answered ${response.status}`)
      const text = await textOf(response)
      JSON.parse(text)
      this.#fault = undefined
      return new Response(text, { status: 200 })
    } catch (cause) {
      const error = new IssuerUnreachable('the key set cannot be read', { cause })
      this.#fault = { atMs: performance.now(), error }
      throw error
    }
  }
}

/** @throws Error when the body is larger than any key set, or the request's signal fires. */
async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > keySetBytesMax) throw new Error(`the key set has more than ${keySetBytesMax} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts, bytes).toString('utf8')
}
