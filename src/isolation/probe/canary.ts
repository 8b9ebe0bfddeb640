import { createHash } from 'node:crypto'
import type { Placement } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'

/** Words and ids of one run, the same for every canary: a cache that forgets the tenant takes one's for another's. */
export interface RunWords {
  /** Unguessable: no customer has records or documents of these names. */
  readonly token: string
  readonly question: string
  readonly recordId: string
  readonly documentId: string
}

/** A reserved tenant with contents that only it may see, and the keys of this run. */
export interface Canary {
  readonly tenantId: TenantId
  readonly placement: Placement
  readonly run: RunWords
  /** A key without groups: it writes everything of the tenant, and sees what `visibility` does not hide. */
  readonly app: string
  /** A key of the group that sees the hidden texts too; it only reads. */
  readonly insider: string
  /** In ids and fields by which other canaries ask for its contents. */
  readonly handle: string
  /** In its texts; nobody else ever sends it. */
  readonly secret: string
  /** In the texts that `visibility` hides from the app. */
  readonly hidden: string
  readonly recordId: string
  readonly documentId: string
  readonly hiddenRecordId: string
  readonly hiddenDocumentId: string
}

/** The group that sees the hidden texts. */
export const hiddenGroup = 'canary-hidden'

/** @param token 128 random bits, hex. */
export function runWords(token: string): RunWords {
  return {
    token,
    question: `What is the canary word of run ${token}?`,
    recordId: `shared-record-${token}`,
    documentId: `shared-document-${token}`,
  }
}

export function canaryOf(
  run: RunWords,
  placement: Placement,
  keys: Pick<Canary, 'app' | 'insider'>,
  secrets: Pick<Canary, 'handle' | 'secret' | 'hidden'>,
): Canary {
  const { handle } = secrets
  return {
    tenantId: placement.tenantId,
    placement,
    run,
    ...keys,
    ...secrets,
    recordId: `record-${handle}`,
    documentId: `document-${handle}`,
    hiddenRecordId: `hidden-record-${handle}`,
    hiddenDocumentId: `hidden-document-${handle}`,
  }
}

/** A record of a canary as an app upserts it. */
export interface CanaryRecord {
  readonly id: string
  readonly values: readonly number[]
  readonly metadata: Readonly<Record<string, string | readonly string[]>>
}

export function canaryRecords(canary: Canary): readonly CanaryRecord[] {
  const { run, recordId, hiddenRecordId, handle, secret, hidden } = canary
  const values = canaryVector(canary)
  const open = { text: textOf(run, secret), handle }
  return [
    { id: run.recordId, values, metadata: open },
    { id: recordId, values, metadata: open },
    { id: hiddenRecordId, values, metadata: { text: textOf(run, hidden), handle, visibility: [hiddenGroup] } },
  ]
}

/** A document of a canary as an app stores it. */
export interface CanaryDocument {
  readonly documentId: string
  readonly text: string
  readonly metadata: Readonly<Record<string, string | readonly string[]>>
}

export function canaryDocuments(canary: Canary): readonly CanaryDocument[] {
  const { run, documentId, hiddenDocumentId, secret, hidden } = canary
  const visibility = [hiddenGroup]
  return [
    { documentId: run.documentId, text: textOf(run, secret), metadata: { canary: secret } },
    { documentId, text: textOf(run, secret), metadata: { canary: secret } },
    { documentId: hiddenDocumentId, text: textOf(run, hidden), metadata: { canary: hidden, visibility } },
  ]
}

/** Every id of a record that the canary has at rest, sorted: its own and the one chunk of each document. */
export function canaryRecordIds(canary: Canary): readonly string[] {
  const chunks = canaryDocuments(canary).map(({ documentId }) => `${documentId}#0`)
  return [...canaryRecords(canary).map(({ id }) => id), ...chunks].toSorted()
}

/** The ids that the canary's keys may be shown. */
export function ownIds(canary: Canary): ReadonlySet<string> {
  return new Set([...canaryRecordIds(canary), ...canaryDocuments(canary).map(({ documentId }) => documentId)])
}

/** The same vector for every canary of a dimension: a query with it finds all records of whatever place it reaches. */
export function canaryVector({ run, placement }: Canary): readonly number[] {
  const bytes = createHash('sha256').update(run.token).digest()
  return Array.from({ length: placement.vectors.dimension }, (_, i) => ((bytes[i % bytes.length] ?? 0) + 1) / 256)
}

function textOf({ token }: RunWords, secret: string): string {
  return `The canary word of run ${token} is ${secret}.`
}
