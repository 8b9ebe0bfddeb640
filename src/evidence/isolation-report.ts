import { createHash } from 'node:crypto'
import { canonicalJson } from '../canonical-json.ts'
import { isSignedBy, type PublicKey, type SigningKey } from './signing-key.ts'

/**
 * `leak`: an answer held what is not its asker's. `foreign write`: a write changed another tenant. `not refused`: a
 * request passed that has to be refused. `unproven`: a control failed or nothing answered, so nothing is proven there.
 */
export type ExceptionKind = 'leak' | 'foreign write' | 'not refused' | 'unproven'

/** A request, or a comparison, that did not go as isolation demands. */
export interface IsolationException {
  readonly kind: ExceptionKind
  /** As in `at rest`, `after the promote`. */
  readonly phase: string
  /** As in `POST /retrieve`; empty for a comparison of records. */
  readonly route: string
  /** The tenant that asked or wrote. */
  readonly asker: string
  /** The tenant that was reached, as far as it is known. */
  readonly reached: string
  readonly words: string
}

/** `failed`: some tenant reached another. `inconclusive`: none did, and some check had no result. */
export type IsolationOutcome = 'passed' | 'failed' | 'inconclusive'

/** The result of a run, in the form of an audit's test of a control. Times are ISO 8601, UTC. */
export interface IsolationReport {
  readonly runId: string
  /** The service's version. */
  readonly version: string
  readonly outcome: IsolationOutcome
  readonly window: { readonly from: string; readonly to: string }
  readonly population: {
    readonly shards: readonly { readonly index: string; readonly project: string; readonly tenants: number }[]
    readonly tenantsInPools: number
    readonly tenantsInSilos: number
    readonly routes: number
  }
  readonly sample: {
    readonly canaries: readonly { readonly tenantId: string; readonly index: string; readonly generation: number }[]
    /** Customers whose names canaries gave, and whose places were looked at for records of canaries. */
    readonly customers: readonly { readonly tenantId: string; readonly index: string }[]
    readonly pairs: { readonly of: number; readonly asked: number }
    readonly requests: number
  }
  readonly method: readonly string[]
  readonly routes: readonly { readonly route: string; readonly entry: string; readonly requests: number }[]
  readonly exceptions: readonly IsolationException[]
  /** Exceptions beyond those listed. */
  readonly furtherExceptions: number
  readonly notCovered: readonly string[]
  /** The report before this one, by its run and hash; null: this is the first. */
  readonly previous: { readonly runId: string; readonly hash: string } | null
}

/** A report with its hash and signature, as it is kept and handed out. */
export interface SignedIsolationReport {
  readonly report: IsolationReport
  /** SHA-256, hex, of the report's canonical JSON; the audit's row `isolation.run` has it too. */
  readonly hash: string
  /** Null: the deployment has no signing key. */
  readonly keyId: string | null
  /** Ed25519, base64, over the canonical JSON of `{statement, report}`. */
  readonly signature: string | null
}

export function signIsolationReport(report: IsolationReport, key: SigningKey | undefined): SignedIsolationReport {
  const signature = key?.sign(statementOf(report)) ?? null
  return { report, hash: hashOf(report), keyId: key?.id ?? null, signature }
}

/**
 * Verifies that a report is whole and was signed by one of the keys.
 * @returns a sentence for each fault; none: it is genuine.
 */
export function verifyIsolationReport(
  { report, hash, keyId, signature }: SignedIsolationReport,
  keys: readonly PublicKey[],
): readonly string[] {
  const faults: string[] = []
  if (hashOf(report) !== hash) faults.push('The report was changed: its content does not give its hash.')
  const key = keys.find(({ id }) => id === keyId)
  if (signature === null || keyId === null) faults.push('The report is not signed.')
  else if (key === undefined)
    faults.push(`The report is signed by the key ${keyId}, which is not among the given keys.`)
  else if (!isSignedBy(key, statementOf(report), signature))
    faults.push(`The report does not have a valid signature of the key ${keyId}: it was changed after signing.`)
  return faults
}

function statementOf(report: IsolationReport): object {
  return { statement: 'tenant-router isolation', report }
}

function hashOf(report: IsolationReport): string {
  return createHash('sha256').update(canonicalJson(report)).digest('hex')
}
