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

/** The same writer, which notes the documents of an inventoried tenant that each write changed or may have changed. */
export function notingChanges(
  appChanges: Pick<AppChanges, 'note'> | undefined,
  tenantId: TenantId,
  writer: TenantWriter,
  adopted: AdoptedTenant | undefined,
): TenantWriter {
  if (adopted?.inventory === undefined || appChanges === undefined) return writer
  const { inventory: rule, fields } = adopted
  const noted = (outcome: WriteOutcome, named?: NamedDocuments): WriteOutcome => {
    if (outcome.kind !== 'untouched') appChanges.note(tenantId, named)
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
  /** Ids alone name documents only by a pattern. */
  const namedByIds = (ids: readonly string[]) => ('idPattern' in rule ? namedBy(ids.map((id) => ({ id }))) : undefined)
  return {
    async upsert(records) {
      return noted(await writer.upsert(records), namedBy(records))
    },
    async update(change) {
      const named = namedBy([{ id: change.id, metadata: change.setMetadata }])
      return noted(await writer.update(change), 'idPattern' in rule || named.size > 0 ? named : undefined)
    },
    async deleteIds(ids) {
      return noted(await writer.deleteIds(ids), namedByIds(ids))
    },
    async deleteMatching(filter) {
      return noted(await writer.deleteMatching(filter))
    },
    async updateMatching(filter, setMetadata) {
      const done = await writer.updateMatching(filter, setMetadata)
      noted(done.outcome)
      return done
    },
    async deleteAll() {
      return noted(await writer.deleteAll())
    },
  }
}
