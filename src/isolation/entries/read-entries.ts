import { type Canary, canaryVector } from '../probe/canary.ts'
import type { Ask } from '../probe/probed-route.ts'
import type { IsolationEntry } from './isolation-entry.ts'

type Asks = IsolationEntry['asks']

/** A filter that would widen the search, if it could: everything, whatever its visibility. */
const widening = { $or: [{ visibility: { $exists: true } }, { visibility: { $exists: false } }] }

/** The routes of our own dialect that read. */
export const readEntries: Readonly<Record<string, IsolationEntry>> = {
  'POST /retrieve': reads((by, other) => [
    { body: { query: by.run.question, topK: 100 }, showsOwn: true },
    { body: { vector: canaryVector(by), topK: 100, includeValues: true }, showsOwn: true },
    { body: { query: by.run.question, topK: 100, filter: widening }, showsOwn: true },
    { body: { query: `handle ${other.handle}`, topK: 100, mode: 'hybrid' }, namesOther: true },
    { body: { query: by.run.question, topK: 100, filter: { handle: other.handle } }, namesOther: true },
  ]),
  'POST /retrieve/batch': reads((by) => [
    {
      body: {
        queries: [
          { query: by.run.question, topK: 50 },
          { vector: canaryVector(by), topK: 50 },
        ],
      },
      showsOwn: true,
    },
  ]),
  'POST /answer': reads((by) => [
    { body: { question: by.run.question, topK: 10 }, showsOwn: true, isCostly: true },
    { body: { question: by.run.question, topK: 9, stream: true }, showsOwn: true, isCostly: true },
  ]),
  'GET /documents': reads(() => [{ query: { limit: '100' }, showsOwn: true }]),
  'GET /documents/{documentId}': reads((by, other) => [
    { params: { documentId: by.run.documentId }, showsOwn: true },
    { params: { documentId: other.documentId }, namesOther: true, isRefused: 'somehow' },
    { params: { documentId: other.hiddenDocumentId }, namesOther: true, isRefused: 'somehow' },
  ]),
  'POST /vectors/fetch': reads((by, other) => [
    { body: { ids: [by.run.recordId, `${by.run.documentId}#0`] }, showsOwn: true },
    { body: { ids: [other.recordId, other.hiddenRecordId, `${other.documentId}#0`] }, namesOther: true },
  ]),
  'POST /mcp': reads((by, other) => [
    { body: tool('search', { query: by.run.question, topK: 50 }), showsOwn: true },
    { body: tool('search', { query: by.run.question, topK: 50, filter: widening }), showsOwn: true },
    { body: tool('get_document', { documentId: by.run.documentId }), showsOwn: true },
    { body: tool('get_document', { documentId: other.documentId }), namesOther: true },
    { body: { jsonrpc: '2.0', id: 1, method: 'tools/list' } },
  ]),
  'POST /retrieval': reads((by, other) => [
    { body: dify(by, by.tenantId), showsOwn: true },
    { body: dify(by, other.tenantId), namesOther: true, isRefused: 'somehow' },
  ]),
}

/** The routes of the vendor's dialect that read. */
export const vendorReadEntries: Readonly<Record<string, IsolationEntry>> = {
  'POST /query (Api-Key)': reads((by, other) => {
    const all = { topK: 100, includeMetadata: true, includeValues: true }
    return [
      { body: { vector: canaryVector(by), ...all }, showsOwn: true },
      { body: { vector: canaryVector(by), ...all, filter: widening }, showsOwn: true },
      { body: { id: by.run.recordId, ...all }, showsOwn: true },
      { body: { id: other.recordId, ...all }, namesOther: true },
      { body: { vector: canaryVector(by), ...all, filter: { handle: other.handle } }, namesOther: true },
      { body: { vector: canaryVector(by), ...all, namespace: other.placement.namespace }, ...foreignName },
      { body: { vector: canaryVector(by), ...all, namespace: other.tenantId }, ...foreignName },
    ]
  }),
  'GET /vectors/fetch (Api-Key)': reads((by, other) => [
    { query: { ids: by.run.recordId }, showsOwn: true },
    { query: { ids: other.recordId }, namesOther: true },
    { query: { ids: by.run.recordId, namespace: other.placement.namespace }, ...foreignName },
  ]),
  'POST /vectors/fetch_by_metadata (Api-Key)': reads((by, other) => [
    { body: { filter: widening, limit: 100 }, showsOwn: true },
    { body: { filter: { handle: by.handle }, limit: 100 }, showsOwn: true },
    { body: { filter: { handle: other.handle }, limit: 100 }, namesOther: true },
    { body: { filter: widening, namespace: other.placement.namespace }, ...foreignName },
  ]),
  'GET /vectors/list (Api-Key)': reads((_, other) => [
    { query: { limit: '100' } },
    { query: { prefix: `record-${other.handle}` }, namesOther: true },
    { query: { namespace: other.placement.namespace }, ...foreignName },
  ]),
  'POST /describe_index_stats (Api-Key)': reads(() => [{ body: {} }]),
  'GET /describe_index_stats (Api-Key)': reads(() => [{}]),
  'GET /namespaces (Api-Key)': reads((_, other) => [
    {},
    { query: { prefix: other.placement.namespace }, namesOther: true },
  ]),
  'GET /namespaces/{namespace} (Api-Key)': reads((by, other) => [
    { params: { namespace: by.tenantId } },
    { params: { namespace: other.placement.namespace }, ...foreignName },
    { params: { namespace: other.tenantId }, ...foreignName },
  ]),
  'GET /indexes (Api-Key)': reads(() => [{}]),
  // Every name describes the tenant's own index, whose host is the router.
  'GET /indexes/{name} (Api-Key)': reads((_, other) => [
    { params: { name: other.placement.indexName }, namesOther: true },
    { params: { name: 'any' } },
  ]),
}

const foreignName = { namesOther: true, isRefused: 'somehow' } as const satisfies Ask

function reads(asks: Asks): IsolationEntry {
  return { kind: 'reads', asks }
}

function tool(name: string, given: object): object {
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: given } }
}

function dify(by: Canary, knowledgeId: string): object {
  const setting = { top_k: 100, score_threshold: 0 }
  return { knowledge_id: knowledgeId, query: by.run.question, retrieval_setting: setting }
}
