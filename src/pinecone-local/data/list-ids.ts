import { readList } from '../../pinecone-wire/read-requests.ts'
import { json, type LocalAnswer } from '../shapes/answer.ts'
import type { DataCall } from './call.ts'
import { pageStart, pageToken } from './page-token.ts'

/** GET /vectors/list: ids in byte order, in pages. */
export function listIds(call: DataCall): LocalAnswer {
  const { engine, index, query } = call
  const { prefix, limit, token } = readList(query)
  const after = pageStart(token)
  const namespace = engine.visible(index, call.namespace)
  const found = namespace === null ? [] : engine.records.ids(namespace.space, prefix, after, limit + 1)
  const ids = found.slice(0, limit)
  const last = ids.at(-1)
  const pagination = found.length > limit && last !== undefined ? { pagination: { next: pageToken(last) } } : {}
  return {
    ...json({
      vectors: ids.map((id) => ({ id })),
      ...pagination,
      namespace: call.namedNamespace,
      usage: { readUnits: 1 },
    }),
    maxIndexedLsn: namespace?.indexedLsn ?? 0,
  }
}
