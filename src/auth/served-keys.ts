import {
  type CryptoKey,
  calculateJwkThumbprint,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWKSCacheInput,
  type JWTVerifyGetKey,
  jwksCache,
} from 'jose'
import type { Clock } from '../clock.ts'
import { IssuerUnreachable } from './refusal.ts'

export interface ServedKeysOptions {
  readonly url: string
  readonly refreshMs: number
  /** Between two fetches that unknown keys trigger, from the start of one to the start of the next. */
  readonly cooldownMs: number
  readonly clock: Clock
  /** Limit of one fetch, its body included. */
  readonly timeoutMs: number
  /** Called with the thumbprints (RFC 7638) of the whole key set after each fetch. */
  readonly onChanged: (thumbprints: ReadonlySet<string>) => void
}

/** The largest key set accepted, after decompression; real ones have a few KiB. */
const keySetBytesMax = 512 * 1024

/** Callers that may wait for the next fetch; each holds a connection, as any request under way. */
const waitingMax = 1_000

/** One attempt a second while the issuer is unavailable, however many callers wait. */
const pauseAfterFaultMs = 1000

/**
 * The issuer's public keys: fetched on first use, for an unknown key, and periodically. A token with an unknown key waits
 * for the next fetch, which starts a pause after the last one; all waiting callers share it. So made-up key ids cannot
 * flood the issuer with requests, and a key that is seconds old is accepted.
 */
export class ServedKeys implements Disposable {
  readonly find: JWTVerifyGetKey
  readonly #options: ServedKeysOptions
  readonly #cache: JWKSCacheInput = {}
  readonly #remote: ReturnType<typeof createRemoteJWKSet>
  readonly #timer: ReturnType<Clock['every']>
  readonly #thumbprints = new WeakMap<object, string>()
  #served: ReadonlySet<string> = new Set()
  #taken: unknown
  #readAtMs = Number.NEGATIVE_INFINITY
  #next: Promise<void> | undefined
  #waiting = 0
  #fault: { readonly atMs: number; readonly error: unknown } | undefined

  constructor(options: ServedKeysOptions) {
    this.#options = options
    this.#remote = createRemoteJWKSet(new URL(options.url), {
      timeoutDuration: options.timeoutMs,
      // Readings for unknown keys are made here, in turn.
      cooldownDuration: Number.MAX_SAFE_INTEGER,
      // Twice the refresh, so that one that fails is no outage yet.
      cacheMaxAge: options.refreshMs * 2,
      [jwksCache]: this.#cache,
      [customFetch]: this.#fetch,
    })
    this.find = async (header, token) => {
      try {
        return await this.#remote(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
        await this.#untilReadAgain()
        return await this.#remote(header, token)
      } finally {
        await this.#takeIn()
      }
    }
    this.#timer = options.clock.every(options.refreshMs, () => void this.refresh().catch(() => undefined))
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
    this.#timer.stop()
  }

  async #untilReadAgain(): Promise<void> {
    if (this.#waiting >= waitingMax) throw new IssuerUnreachable('too many tokens wait for the key set')
    this.#waiting += 1
    try {
      this.#next ??= this.#readNext()
      await this.#next
    } finally {
      this.#waiting -= 1
    }
  }

  /** A caller that arrives after the fetch has started waits for the following one: this one may predate its key. */
  async #readNext(): Promise<void> {
    const { clock, cooldownMs } = this.#options
    const waitMs = this.#readAtMs + cooldownMs - clock.now()
    // Waits at least a microtask: only then does `#next` hold this reading, which is to be forgotten when it starts.
    await (waitMs > 0 ? clock.sleep(waitMs) : undefined)
    this.#next = undefined
    await this.#remote.reload()
  }

  /** Notices each new key set: jose also fetches on its own (first use, age). */
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
    const { clock } = this.#options
    if (this.#fault !== undefined && clock.now() - this.#fault.atMs < pauseAfterFaultMs) throw this.#fault.error
    this.#readAtMs = clock.now()
    try {
      const response = await fetch(url, init)
      if (response.status !== 200) throw new Error(`the key set answered ${response.status}`)
      const text = await keySetText(response)
      JSON.parse(text)
      this.#fault = undefined
      return new Response(text, { status: 200 })
    } catch (cause) {
      const error = new IssuerUnreachable('the key set cannot be read', { cause })
      this.#fault = { atMs: clock.now(), error }
      throw error
    }
  }
}

/** @throws Error when the body is larger than any key set, or the request's signal fires. */
export async function keySetText(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > keySetBytesMax) throw new Error(`the key set has more than ${keySetBytesMax} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts, bytes).toString('utf8')
}
