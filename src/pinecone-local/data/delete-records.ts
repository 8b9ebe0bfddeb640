import { compileFilter } from '../filter/compile-filter.ts'
import { json, type LocalAnswer } from '../shapes/answer.ts'
import { invalid } from '../shapes/api-error.ts'
import { field, isObject, type JsonObject, optionalBoolean, stringList } from '../shapes/body-fields.ts'
import { localLimits } from '../shapes/limits.ts'
import { matchingIds } from '../store/apply-write.ts'
import type { Write } from '../store/writes.ts'
import type { DataCall } from './call.ts'
import { checkId } from './names.ts'

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
  const all = optionalBoolean(body, 'deleteAll', 'delete_all')
  const filter = field(body, 'filter')
  const given = field(body, 'ids')
  const ids = given === undefined ? [] : stringList(given, 'ids')
  if (all && (ids.length > 0 || filter !== undefined)) {
    throw invalid('Cannot provide deleteAll together with ids or filter')
  }
  if (ids.length > 0 && filter !== undefined) throw invalid('Cannot provide both ids and filter')
  if (all) return { kind: 'deleteAll' }
  if (filter !== undefined) {
    if (isObject(filter) && Object.keys(filter).length === 0) {
      throw invalid('Delete with empty metadata filter is not allowed')
    }
    compileFilter(filter)
    return { kind: 'deleteWhere', filter }
  }
  if (ids.length === 0) throw invalid('Invalid request. Provide ids, filter or deleteAll')
  if (ids.length > localLimits.deleteIds) {
    throw invalid(`The number of ids exceeds the limit of ${localLimits.deleteIds}, got ${ids.length}`)
  }
  for (const id of ids) checkId(id)
  return { kind: 'delete', ids }
}
