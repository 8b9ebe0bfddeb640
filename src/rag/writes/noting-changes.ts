import { isDocumentId } from '../../placement/document-id.ts'
import { documentOf, groupsIn, seenBoth } from '../../placement/inventory-rule.ts'
import type { AdoptedTenant } from '../../placement/phase.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { WriteOutcome } from '../../routing/write-log/write-outcome.ts'
import type { Metadata } from '../../stores/store.ts'
import type { AppChanges, NamedDocuments } from './app-changes.ts'
import type { TenantWriter } from './records-writer.ts'

interface Written {
  readonly id: string
  readonly metadata?: Metadata | undefined
}

/** Reads records as they are before a write; those that the store does not show are absent. */
export type ReadBefore = (ids: readonly string[]) => Promise<readonly Written[]>

/**
 * The same writer, which notes the documents of an inventoried tenant that each write changed or may have changed. Where
 * a field of the records names their document, a write by id alone reads them first.
 */
export function notingChanges(
  appChanges: Pick<AppChanges, 'note'> | undefined,
  tenantId: TenantId,
  writer: TenantWriter,
  adopted: AdoptedTenant | undefined,
  readBefore: ReadBefore,
): TenantWriter {
  if (adopted?.inventory === undefined || appChanges === undefined) return writer
  const { inventory: rule, fields } = adopted
  const note = (outcome: WriteOutcome, ...changes: readonly (NamedDocuments | undefined)[]): WriteOutcome => {
    if (outcome.kind !== 'untouched') for (const named of changes) appChanges.note(tenantId, named)
    return outcome
  }
  const namedBy = (records: readonly Written[]): NamedDocuments => {
    const known = new Map<string, readonly string[] | null>()
    for (const { id, metadata = {} } of records) {
      const document = documentOf(rule, { id, metadata })
      if (document === undefined || !isDocumentId(document)) continue
      known.set(document, seenBoth(known.get(document) ?? null, groupsIn(metadata, fields.visibility)))
    }
    return known
  }
  /** Documents of records by their ids; `undefined` among them: some of the records are not shown by the store. */
  const namedByIds = async (ids: readonly string[]): Promise<readonly (NamedDocuments | undefined)[]> => {
    if ('idPattern' in rule) return [namedBy(ids.map((id) => ({ id })))]
    const records = await readBefore(ids).catch(() => [])
    return [namedBy(records), ...(records.length < new Set(ids).size ? [undefined] : [])]
  }
  return {
    async upsert(records, made) {
      return note(await writer.upsert(records, made), namedBy(records))
    },
    async update(change, made) {
      const before = await namedByIds([change.id])
      return note(
        await writer.update(change, made),
        ...before,
        namedBy([{ id: change.id, metadata: change.setMetadata }]),
      )
    },
    async deleteIds(ids) {
      const before = await namedByIds(ids)
      return note(await writer.deleteIds(ids), ...before)
    },
    async deleteMatching(filter) {
      return note(await writer.deleteMatching(filter), undefined)
    },
    async updateMatching(filter, setMetadata) {
      const done = await writer.updateMatching(filter, setMetadata)
      note(done.outcome, undefined)
      return done
    },
    async deleteAll() {
      return note(await writer.deleteAll(), undefined)
    },
  }
}
