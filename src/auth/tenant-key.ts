import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Prefix of every key: secret scanners and people recognise one by it. */
const prefix = 'trk_'
const shape = /^trk_([a-z0-9]{16})_([a-f0-9]{64})$/

export interface MintedKey {
  /** Names the key in lists and logs; it is no secret. */
  readonly id: string
  /** `trk_<id>_<secret>`, shown once. */
  readonly key: string
  readonly secretHash: string
}

/** Makes a key with a secret of 256 random bits. */
export function mintTenantKey(): MintedKey {
  const id = randomBytes(8).toString('hex')
  const secret = randomBytes(32).toString('hex')
  return { id, key: `${prefix}${id}_${secret}`, secretHash: hashOf(secret) }
}

/** Whether a credential is meant to be a tenant key; whatever else is a token. */
export function isTenantKey(credential: string): boolean {
  return credential.startsWith(prefix)
}

/** @returns undefined for a text that is no key. */
export function parseTenantKey(key: string): { readonly id: string; readonly secret: string } | undefined {
  const [, id, secret] = shape.exec(key) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}

/** Compares in constant time, which does not reveal how much is equal. */
export function isSecretOf(secretHash: string, secret: string): boolean {
  const [known, given] = [Buffer.from(secretHash, 'hex'), Buffer.from(hashOf(secret), 'hex')]
  return known.length === given.length && timingSafeEqual(known, given)
}

function hashOf(secret: string): string {
  return hash('sha256', secret, 'hex')
}
