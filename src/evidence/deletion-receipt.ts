import { createHash } from 'node:crypto'
import { canonicalJson } from '../canonical-json.ts'
import { isSignedBy, type PublicKey, type SigningKey } from './signing-key.ts'

/** A deletion of an offboarded tenant, with the proof that nothing is left. Times are ISO 8601, UTC. */
export interface DeletionReceipt {
  readonly tenantId: string
  /** First generation of the life that ended: an id may be used again. */
  readonly life: number
  readonly requestedBy: string
  readonly requestedAt: string
  readonly deletedAt: string
  /** The service's version. */
  readonly version: string
  readonly places: readonly {
    readonly kind: 'pool' | 'silo'
    readonly index: string
    readonly generation: number
    /** Records found; null when they were already gone (a crash came in between). */
    readonly records: number | null
  }[]
  /** Documents in the inventory. */
  readonly documents: number
  /** Every store of the tenant's data: counted when nobody wrote any more, and again after the deletion. */
  readonly stores: readonly { readonly store: string; readonly before: number | null; readonly after: number }[]
  /** How it was found out that nothing is left. */
  readonly proof: readonly string[]
  /** Copies that the deletion does not reach, and until when they may exist. */
  readonly notCovered: readonly { readonly what: string; readonly until: string }[]
}

/** A receipt with its hash and signature, as it is kept and handed out. */
export interface SignedDeletionReceipt {
  readonly receipt: DeletionReceipt
  /** SHA-256, hex, of the receipt's canonical JSON; the audit's row `tenant.offboarded` has it too. */
  readonly hash: string
  /** Null: the deployment has no signing key. */
  readonly keyId: string | null
  /** Ed25519, base64, over the canonical JSON of `{statement, receipt}`. */
  readonly signature: string | null
}

export function signDeletionReceipt(receipt: DeletionReceipt, key: SigningKey | undefined): SignedDeletionReceipt {
  const signature = key?.sign(statementOf(receipt)) ?? null
  return { receipt, hash: hashOf(receipt), keyId: key?.id ?? null, signature }
}

/**
 * Verifies that a receipt is whole and was signed by one of the keys.
 * @returns a sentence for each fault; none: it is genuine.
 */
export function verifyDeletionReceipt(
  { receipt, hash, keyId, signature }: SignedDeletionReceipt,
  keys: readonly PublicKey[],
): readonly string[] {
  const faults: string[] = []
  if (hashOf(receipt) !== hash) faults.push('The receipt was changed: its content does not give its hash.')
  const key = keys.find(({ id }) => id === keyId)
  if (signature === null || keyId === null) faults.push('The receipt is not signed.')
  else if (key === undefined)
    faults.push(`The receipt is signed by the key ${keyId}, which is not among the given keys.`)
  else if (!isSignedBy(key, statementOf(receipt), signature))
    faults.push(`The receipt does not have a valid signature of the key ${keyId}: it was changed after signing.`)
  return faults
}

function statementOf(receipt: DeletionReceipt): object {
  return { statement: 'tenant-router deletion', receipt }
}

function hashOf(receipt: DeletionReceipt): string {
  return createHash('sha256').update(canonicalJson(receipt)).digest('hex')
}
