import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { canonicalJson } from '../canonical-json.ts'

/** Anyone may have it: it verifies what the deployment's key has signed. */
export interface PublicKey {
  /** The first 16 hex digits of the SHA-256 of the key (DER, SubjectPublicKeyInfo). */
  readonly id: string
  /** PEM, SubjectPublicKeyInfo. */
  readonly publicKey: string
}

/** The deployment's Ed25519 key. */
export interface SigningKey extends PublicKey {
  /** Signs a statement by its canonical JSON; base64. */
  sign(statement: object): string
}

/**
 * Reads a private key.
 * @param pem PKCS #8, as `openssl genpkey -algorithm ed25519` writes it.
 * @throws Error with a sentence, without anything of the key.
 */
export function readSigningKey(pem: string): SigningKey {
  const key = privateKeyOf(pem)
  if (key === undefined || key.asymmetricKeyType !== 'ed25519')
    throw new Error('is not an Ed25519 private key in PEM: make one with `openssl genpkey -algorithm ed25519`')
  const publicKey = createPublicKey(key)
  return {
    ...described(publicKey),
    sign: (statement) => sign(null, Buffer.from(canonicalJson(statement)), key).toString('base64'),
  }
}

/** Makes a new private key, as PEM. */
export function makeSigningKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/**
 * Reads a public key.
 * @throws Error with a sentence.
 */
export function readPublicKey(pem: string): PublicKey {
  const key = publicKeyOf(pem)
  if (key === undefined || key.asymmetricKeyType !== 'ed25519') throw new Error('is not an Ed25519 public key in PEM')
  return described(key)
}

/** Whether the key's owner signed the statement. A malformed key or signature proves nothing. */
export function isSignedBy({ publicKey }: PublicKey, statement: object, signature: string): boolean {
  const key = publicKeyOf(publicKey)
  if (key === undefined) return false
  return verify(null, Buffer.from(canonicalJson(statement)), key, Buffer.from(signature, 'base64'))
}

function described(key: KeyObject): PublicKey {
  const id = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)
  return { id, publicKey: key.export({ type: 'spki', format: 'pem' }).toString() }
}

function privateKeyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

/** A private key also gives its public one, so only what says that it is public is taken. */
function publicKeyOf(pem: string): KeyObject | undefined {
  if (!pem.includes('BEGIN PUBLIC KEY')) return undefined
  try {
    return createPublicKey(pem)
  } catch {
    return undefined
  }
}
