import { createHash } from 'node:crypto'
import { canonicalJson } from '../canonical-json.ts'
import { isSignedBy, type PublicKey } from './signing-key.ts'

/** The content of an audit row. */
export interface AuditEntry {
  readonly id: number
  /** ISO 8601, UTC, in milliseconds. */
  readonly at: string
  readonly actor: string
  readonly roles: readonly string[]
  readonly address: string | null
  readonly keyId: string | null
  readonly requestId: string | null
  readonly action: string
  readonly tenantId: string | null
  readonly detail: Readonly<Record<string, unknown>>
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
  readonly note: string | null
}

/** An audit row in its place in the chain. */
export interface ChainedEntry extends AuditEntry {
  /** From 1, without a gap. */
  readonly position: number
  /** SHA-256, hex, over the hash before, the position and the entry. */
  readonly hash: string
}

/** The deployment's signature over all rows up to a position. */
export interface Checkpoint {
  readonly position: number
  /** The hash of the row at that position. */
  readonly hash: string
  /** ISO 8601, UTC. */
  readonly at: string
  readonly keyId: string
  /** Base64, over `checkpointStatement`. */
  readonly signature: string
}

/** The hash before the first row. */
export const chainStart = ''

export function chainHash(before: string, position: number, entry: AuditEntry): string {
  const { id, at, actor, roles, address, keyId, requestId, action, tenantId, detail, note } = entry
  const who = { actor, roles, address, keyId, requestId, note }
  const what = { id, at, action, tenantId, detail, before: entry.before, after: entry.after }
  return createHash('sha256')
    .update(canonicalJson([before, position, who, what]))
    .digest('hex')
}

/** The signed statement of a checkpoint. */
export function checkpointStatement({ position, hash, at }: Pick<Checkpoint, 'position' | 'hash' | 'at'>): object {
  return { statement: 'tenant-router audit', position, hash, at }
}

/** The findings of a verification. */
export interface ChainReport {
  readonly rows: number
  /** The last position that a valid checkpoint covers; 0: none. */
  readonly signedTo: number
  /** A sentence each; empty: the chain is whole. */
  readonly faults: readonly string[]
}

/** Sentences in a report, at most; the last one counts the others. */
const faultsMax = 50

/** Verifies a chain row by row, from its first row on; memory does not grow with it. */
export class ChainVerifier {
  readonly #keys: ReadonlyMap<string, PublicKey>
  /** Checkpoints not reached yet, in order. */
  readonly #checkpoints: Checkpoint[]
  readonly #faults: string[] = []
  #more = 0
  #rows = 0
  #position = 0
  #hash = chainStart
  #signedTo = 0

  constructor(keys: readonly PublicKey[], checkpoints: readonly Checkpoint[]) {
    this.#keys = new Map(keys.map((key) => [key.id, key]))
    this.#checkpoints = checkpoints.toSorted((a, b) => b.position - a.position)
  }

  /** Takes the next row. */
  row(entry: ChainedEntry): void {
    const expected = this.#position + 1
    this.#rows += 1
    if (entry.position > expected) this.#missing(expected, entry.position - 1)
    else if (entry.position < expected) this.#fault(`Row ${entry.position} stands after row ${this.#position}.`)
    const isNext = entry.position === expected
    const { action, tenantId, at } = entry
    const named = `Row ${entry.position} (${action}${tenantId === null ? '' : ` of ${tenantId}`}, ${at})`
    if (isNext && chainHash(this.#hash, entry.position, entry) !== entry.hash)
      this.#fault(`${named} was changed, or stands in another's place: its content does not give its hash.`)
    this.#position = Math.max(this.#position, entry.position)
    this.#hash = entry.hash
    for (let next = this.#checkpoints.at(-1); next !== undefined; next = this.#checkpoints.at(-1)) {
      if (next.position > entry.position) break
      this.#checkpoints.pop()
      if (next.position === entry.position) this.#check(next, entry.hash)
    }
  }

  /** Ends the verification. */
  end(): ChainReport {
    const last = this.#checkpoints[0]
    if (last !== undefined && last.position > this.#position) this.#missing(this.#position + 1, last.position)
    const faults = [...this.#faults, ...(this.#more > 0 ? [`${this.#more} further faults.`] : [])]
    return { rows: this.#rows, signedTo: this.#signedTo, faults }
  }

  #check(checkpoint: Checkpoint, hash: string): void {
    const { position, keyId, signature } = checkpoint
    const key = this.#keys.get(keyId)
    if (key === undefined) {
      this.#fault(`The checkpoint at row ${position} is signed by the key ${keyId}, which is not among the given keys.`)
    } else if (!isSignedBy(key, checkpointStatement(checkpoint), signature)) {
      this.#fault(`The checkpoint at row ${position} does not have a valid signature of the key ${keyId}.`)
    } else if (checkpoint.hash !== hash) {
      this.#fault(`The rows up to ${position} were rewritten: the checkpoint signed there has another hash.`)
    } else this.#signedTo = position
  }

  #missing(from: number, to: number): void {
    this.#fault(from === to ? `Row ${from} is missing.` : `Rows ${from} to ${to} are missing.`)
  }

  #fault(sentence: string): void {
    if (this.#faults.length < faultsMax) this.#faults.push(sentence)
    else this.#more += 1
  }
}
