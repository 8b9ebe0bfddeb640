import { isDocumentId } from '../../../placement/document-id.ts'
import { documentOf, groupsIn, type InventoryRule, noText, seenBoth } from '../../../placement/inventory-rule.ts'
import type { RecordFields } from '../../../placement/record-fields.ts'
import type { ReservedName } from '../../../registry/inventory/inventories.sql.ts'
import type { SeenDocument, SeenPages } from '../../../registry/inventory/inventory-work.ts'
import { adoptedChunkPrefix, isReserved, stampKey } from '../../../stores/reserved.ts'
import type { VectorRecord } from '../../../stores/store.ts'

/** Examples of reserved names that a batch of pages adds. */
const examplesOfPages = 5
/** Characters of a reserved name that are kept. */
const nameMax = 512
/** Characters of a source that are kept. */
const sourceMax = 2_048

/** Counts an app's records by the documents that they name. Our own documents' chunks are left out. */
export function tally(
  rule: InventoryRule,
  fields: Pick<RecordFields, 'source' | 'visibility'>,
  records: Iterable<VectorRecord>,
): Omit<SeenPages, 'afterId' | 'cursor'> {
  const documents = new Map<string, SeenDocument>()
  const counts = { records: 0, unnamed: 0, unusable: 0, reserved: 0 }
  const reservedExamples: ReservedName[] = []
  for (const record of records) {
    if (record.id.startsWith(adoptedChunkPrefix)) continue
    counts.records += 1
    const [reserved] = reservedNames(record)
    if (reserved !== undefined) {
      counts.reserved += 1
      if (reservedExamples.length < examplesOfPages) reservedExamples.push(kept(reserved))
    }
    const id = documentOf(rule, record)
    if (id === undefined) counts.unnamed += 1
    else if (!isDocumentId(id) || isReserved(id)) counts.unusable += 1
    else documents.set(id, added(documents.get(id), id, record, fields))
  }
  // In one order, as the app's changes are noted: two that write the same rows wait for each other, and never both.
  return { documents: [...documents.values()].sort((a, b) => (a.id < b.id ? -1 : 1)), ...counts, reservedExamples }
}

function added(
  known: SeenDocument | undefined,
  id: string,
  { metadata = {} }: VectorRecord,
  fields: Pick<RecordFields, 'source' | 'visibility'>,
): SeenDocument {
  const { [fields.source]: source } = metadata
  return {
    id,
    records: (known?.records ?? 0) + 1,
    source: known?.source ?? (typeof source === 'string' ? source.replaceAll(noText, '').slice(0, sourceMax) : null),
    visibility: seenBoth(known?.visibility ?? null, groupsIn(metadata, fields.visibility)),
  }
}

/** Names of the record that begin as ours do. The stamp of a write through the router is ours. */
function reservedNames({ id, metadata = {} }: VectorRecord): readonly ReservedName[] {
  const isOurs = (key: string) => key === stampKey && typeof metadata[key] === 'number'
  const keys = Object.keys(metadata).filter((key) => isReserved(key) && !isOurs(key))
  return [...(isReserved(id) ? [{ id, key: null }] : []), ...keys.map((key) => ({ id, key }))]
}

/** A name as the registry keeps it: Postgres takes neither the null character nor half a pair of surrogates. */
function kept({ id, key }: ReservedName): ReservedName {
  const text = (name: string) => name.toWellFormed().replaceAll(noText, '').slice(0, nameMax)
  return { id: text(id), key: key === null ? null : text(key) }
}
