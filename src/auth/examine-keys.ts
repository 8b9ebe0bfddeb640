import { importJWK, type JWK } from 'jose'
import { keySetText } from './served-keys.ts'
import { algorithms } from './token-verifier.ts'

/** The issuer's key set as an operator wants to know it. */
export interface KeySetReport {
  /** Keys that can verify a token here, each by its algorithm or kind. */
  readonly usable: readonly string[]
  readonly ids: readonly string[]
  /** Keys that cannot, each with the reason. */
  readonly unusable: readonly string[]
  /** Whether a key has its private half, which must never be served. */
  readonly isPrivate: boolean
  readonly headers: { readonly date: string | null; readonly age: string | null }
}

/**
 * Reads the key set as the service does: redirects are not followed, and its size is bounded.
 * @throws Error with a sentence, when there is no key set.
 */
export async function examineKeySet(url: string, signal: AbortSignal): Promise<KeySetReport> {
  const response = await fetch(url, { signal, redirect: 'manual', headers: { accept: 'application/json' } })
  if (response.status >= 300 && response.status < 400) {
    throw new Error(`answers ${response.status} with another address, and redirects are not followed`)
  }
  if (response.status !== 200) throw new Error(`answers ${response.status}`)
  const keys = keysOf(await keySetText(response))
  const judged = await Promise.all(keys.map(async (key) => ({ key, wrong: await wrongOf(key) })))
  return {
    usable: judged
      .filter(({ wrong }) => wrong === undefined)
      .map(({ key }) => key.alg ?? `${key.kty} ${key.crv ?? ''}`.trim()),
    unusable: judged.flatMap(({ wrong }, at) => (wrong === undefined ? [] : [`key ${at + 1} ${wrong}`])),
    ids: keys.flatMap(({ kid }) => (typeof kid === 'string' ? [kid] : [])),
    isPrivate: keys.some((key) => typeof key.d === 'string' || typeof key.k === 'string'),
    headers: { date: response.headers.get('date'), age: response.headers.get('age') },
  }
}

function keysOf(text: string): readonly JWK[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new Error('answers with something other than JSON')
  }
  const { keys } = Object(parsed)
  const isList = Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null)
  if (!isList) throw new Error('answers with JSON that is no key set ({"keys": […]})')
  return keys
}

/** Why a key verifies no token here; undefined: it does. */
async function wrongOf(key: JWK): Promise<string | undefined> {
  if (key.use !== undefined && key.use !== 'sig') return `is for another use (${key.use})`
  if (key.kty === 'oct') return 'is a shared secret, which verifies nothing here'
  const fitting = key.alg === undefined ? algorithms : algorithms.filter((algorithm) => algorithm === key.alg)
  for (const algorithm of fitting) {
    if (
      await importJWK(key, algorithm)
        .then(() => true)
        .catch(() => false)
    )
      return undefined
  }
  return fitting.length === 0 ? `has an algorithm that is not accepted (${key.alg})` : 'cannot be read'
}
