import type { JsonObject } from '../../pinecone-wire/body-fields.ts'
import { readDelete } from '../../pinecone-wire/write-requests.ts'
import { compileFilter } from '../filter/compile-filter.ts'
import { json, type LocalAnswer } from '../shapes/answer.ts'
import { matchingIds } from '../store/apply-write.ts'
import type { Write } from '../store/writes.ts'
import type { DataCall } from './call.ts'

/** POST /vectors/delete: by ids, by filter, or all; the namespace must exist, and stays. */
export async function deleteRecords(call: DataCall): Promise<LocalAnswer> {
  const { engine, index, namespace, body, verdict } = call
  const asked = parseDelete(body)
  const write = verdict.staleFilter && asked.kind === 'deleteWhere' ? visibleDelete(call, asked.filter) : asked
  const { lsn } = await engine.write(index, namespace, write, verdict.lagMs, () => {})
  return { ...json({}), requestLsn: lsn }
}

function visibleDelete({ engine, index, namespace }: DataCall, filter: unknown): Write {
  const seen = engine.visible(index, namespace)
  return { kind: 'delete', ids: seen === null ? [] : matchingIds(engine.records, seen.space, filter) }
}

function parseDelete(body: JsonObject): Write {
  const asked = readDelete(body)
  switch (asked.kind) {
    case 'all':
      return { kind: 'deleteAll' }
    case 'matching':
      compileFilter(asked.filter)
      return { kind: 'deleteWhere', filter: asked.filter }
    case 'ids':
      return { kind: 'delete', ids: asked.ids }
  }
}
