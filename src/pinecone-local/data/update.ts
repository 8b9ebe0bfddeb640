import { notFound } from '../../pinecone-wire/api-error.ts'
import { readUpdate, type UpdateRequest } from '../../pinecone-wire/write-requests.ts'
import { compileFilter } from '../filter/compile-filter.ts'
import { json, type LocalAnswer } from '../shapes/answer.ts'
import { checkMetadataSize, mergeMetadata, metadataJson } from '../shapes/metadata.ts'
import { matchingIds } from '../store/apply-write.ts'
import type { Write } from '../store/writes.ts'
import type { DataCall } from './call.ts'
import { denseValues, sparseVector } from './vectors.ts'

const noNewNamespace = () => {}

/** POST /vectors/update: one record by id, or the metadata of all that match a filter. */
export async function update(call: DataCall): Promise<LocalAnswer> {
  const asked = readUpdate(call.body)
  return asked.kind === 'one' ? updateOne(call, asked) : updateMatching(call, asked)
}

async function updateOne(call: DataCall, asked: Extract<UpdateRequest, { kind: 'one' }>): Promise<LocalAnswer> {
  const { engine, index, namespace, verdict } = call
  const { id } = asked
  const change = {
    values: denseValues(asked.values, index.config.vector, id),
    sparse: sparseVector(asked.sparseValues, 'sparseValues'),
    metadata: metadataJson(asked.setMetadata),
  }
  const seen = engine.visible(index, namespace)
  const current = seen === null ? null : engine.records.get(seen.space, id)
  checkMetadataSize(mergeMetadata(current?.metadata ?? null, change.metadata) ?? '')
  const write: Write = { kind: 'update', id, change }
  const { lsn } = await engine.write(index, namespace, write, verdict.lagMs, noNewNamespace)
  return { ...json({}), requestLsn: lsn }
}

async function updateMatching(
  call: DataCall,
  { filter, setMetadata, dryRun }: Extract<UpdateRequest, { kind: 'matching' }>,
): Promise<LocalAnswer> {
  const { engine, index, namespace, verdict } = call
  compileFilter(filter)
  const metadata = metadataJson(setMetadata)
  const seen = engine.visible(index, namespace)
  if (seen === null && !index.namespaces.has(namespace)) throw notFound('Namespace not found')
  const matchedRecords = seen === null ? 0 : matchingIds(engine.records, seen.space, filter).length
  if (dryRun) return { ...json({ matchedRecords }), maxIndexedLsn: seen?.indexedLsn ?? 0 }
  const write: Write = { kind: 'updateWhere', filter, metadata }
  const { lsn } = await engine.write(index, namespace, write, verdict.lagMs, noNewNamespace)
  return { ...json({ matchedRecords }), requestLsn: lsn }
}
