import { compileFilter } from '../filter/compile-filter.ts'
import { json, type LocalAnswer } from '../shapes/answer.ts'
import { invalid, notFound } from '../shapes/api-error.ts'
import { field, isObject, optionalBoolean, optionalString } from '../shapes/body-fields.ts'
import { checkMetadataSize, mergeMetadata, metadataJson } from '../shapes/metadata.ts'
import { matchingIds } from '../store/apply-write.ts'
import type { Write } from '../store/writes.ts'
import type { DataCall } from './call.ts'
import { checkId } from './names.ts'
import { denseValues, sparseVector } from './vectors.ts'

const noNewNamespace = () => {}

/** POST /vectors/update: one record by id, or the metadata of all that match a filter. */
export async function update(call: DataCall): Promise<LocalAnswer> {
  const { body } = call
  const id = optionalString(body, 'id')
  const filter = field(body, 'filter')
  if (id !== undefined && id !== '') {
    if (filter !== undefined) throw invalid("Cannot provide both 'id' and 'filter' at the same time")
    return updateOne(call, id)
  }
  if (filter === undefined) throw invalid("Either 'id' or 'filter' must be provided")
  return updateMatching(call, filter)
}

async function updateOne(call: DataCall, id: string): Promise<LocalAnswer> {
  const { engine, index, namespace, body, verdict } = call
  checkId(id)
  const change = {
    values: denseValues(body.values, index.config.vector, id),
    sparse: sparseVector(field(body, 'sparseValues', 'sparse_values'), 'sparseValues'),
    metadata: metadataJson(field(body, 'setMetadata', 'set_metadata')),
  }
  const seen = engine.visible(index, namespace)
  const current = seen === null ? null : engine.records.get(seen.space, id)
  checkMetadataSize(mergeMetadata(current?.metadata ?? null, change.metadata) ?? '')
  const write: Write = { kind: 'update', id, change }
  const { lsn } = await engine.write(index, namespace, write, verdict.lagMs, noNewNamespace)
  return { ...json({}), requestLsn: lsn }
}

async function updateMatching(call: DataCall, filter: unknown): Promise<LocalAnswer> {
  const { engine, index, namespace, body, verdict } = call
  if (isObject(filter) && Object.keys(filter).length === 0) {
    throw invalid('Update with empty metadata filter is not allowed')
  }
  compileFilter(filter)
  if (field(body, 'values') !== undefined || field(body, 'sparseValues', 'sparse_values') !== undefined) {
    throw invalid('Update by metadata request does not support updating vector values')
  }
  const metadata = metadataJson(field(body, 'setMetadata', 'set_metadata'))
  const dryRun = optionalBoolean(body, 'dryRun', 'dry_run')
  if (metadata === null && !dryRun) throw invalid('setMetadata is required to update by metadata')

  const seen = engine.visible(index, namespace)
  if (seen === null && !index.namespaces.has(namespace)) throw notFound('Namespace not found')
  const matchedRecords = seen === null ? 0 : matchingIds(engine.records, seen.space, filter).length
  if (dryRun) return { ...json({ matchedRecords }), maxIndexedLsn: seen?.indexedLsn ?? 0 }
  const write: Write = { kind: 'updateWhere', filter, metadata }
  const { lsn } = await engine.write(index, namespace, write, verdict.lagMs, noNewNamespace)
  return { ...json({ matchedRecords }), requestLsn: lsn }
}
