import { fetchUnits } from '../../pinecone-wire/describe-answers.ts'
import { readFetch, readFetchByMetadata } from '../../pinecone-wire/read-requests.ts'
import { compileFilter } from '../filter/compile-filter.ts'
import type { LocalAnswer } from '../shapes/answer.ts'
import { parseMetadata } from '../shapes/metadata.ts'
import { recordJson } from '../shapes/record.ts'
import type { NamespaceEntry } from '../store/catalog.ts'
import type { DataCall } from './call.ts'
import { pageStart, pageToken } from './page-token.ts'

/** GET /vectors/fetch: complete records by id; missing ids are left out. */
export function fetchRecords(call: DataCall): LocalAnswer {
  const ids = readFetch(call.query)
  const namespace = call.engine.visible(call.index, call.namespace)
  return answer(call, namespace, ids, '')
}

/** POST /vectors/fetch_by_metadata: complete records that match a filter, in byte order of their ids, in pages. */
export function fetchByMetadata(call: DataCall): LocalAnswer {
  const { engine, index, body } = call
  const { filter, limit, token } = readFetchByMetadata(body)
  const matches = compileFilter(filter)
  const after = pageStart(token)
  const namespace = engine.visible(index, call.namespace)
  if (namespace === null) return answer(call, null, [], '')

  const ids: string[] = []
  let more = false
  for (const { id, metadata } of engine.records.metadata(namespace.space, after)) {
    if (!matches(parseMetadata(metadata))) continue
    more = ids.length === limit
    if (more) break
    ids.push(id)
  }
  const next = more ? `,"pagination":{"next":${JSON.stringify(pageToken(ids.at(-1) ?? ''))}}` : ''
  return answer(call, namespace, ids, next)
}

function answer(call: DataCall, namespace: NamespaceEntry | null, ids: readonly string[], extra: string): LocalAnswer {
  const parts: string[] = []
  for (const id of namespace === null ? [] : new Set(ids)) {
    const record = namespace === null ? null : call.engine.records.get(namespace.space, id)
    if (record !== null) parts.push(`${JSON.stringify(id)}:{${recordJson(record, true, true)}}`)
  }
  const name = JSON.stringify(call.namedNamespace)
  const usage = `{"readUnits":${fetchUnits(parts.length)}}`
  const body = `{"vectors":{${parts.join(',')}},"namespace":${name},"usage":${usage}${extra}}`
  return { status: 200, body, maxIndexedLsn: namespace?.indexedLsn ?? 0 }
}
