import { type Canary, canaryVector } from '../probe/canary.ts'
import type { Ask } from '../probe/probed-route.ts'
import type { IsolationEntry } from './isolation-entry.ts'

type Asks = IsolationEntry['asks']

/** The routes of our own dialect that write. They reach for ids that others have too, and for ids of the other alone. */
export const writeEntries: Readonly<Record<string, IsolationEntry>> = {
  'PUT /documents/{documentId}': writes((by, other) => [
    {
      params: { documentId: by.run.documentId },
      body: { text: words(by) },
      lands: landed(by, `${by.run.documentId}#0`),
    },
    { params: { documentId: other.documentId }, body: { text: words(by) } },
  ]),
  'POST /documents': writes((by, other) => [
    { body: { documentId: by.run.documentId, text: `${words(by)} Uploaded.` } },
    { form: { text: `${words(by)} From a form.`, fields: { documentId: other.documentId } } },
  ]),
  'POST /documents/batch': writes((by, other) => [
    {
      body: {
        documents: [
          { documentId: by.documentId, text: `${words(by)} In a batch.` },
          { documentId: other.hiddenDocumentId, text: words(by) },
        ],
      },
    },
    // Without ids: what is sent names the documents, and one of the two is sent by every canary.
    { form: { text: `${words(by)} In a form of two.`, more: [`Sent by all of run ${by.run.token}.`], fields: {} } },
  ]),
  'POST /documents/{documentId}/retry': writes((_, other) => [
    { params: { documentId: `never-${other.documentId}` }, isRefused: 'somehow' },
  ]),
  'DELETE /documents/{documentId}': writes((by, other) => [
    { params: { documentId: other.documentId } },
    { params: { documentId: other.hiddenDocumentId } },
    { params: { documentId: by.run.documentId } },
  ]),
  'POST /vectors/upsert': writes((by, other) => [
    { body: { vectors: records(by, other) }, lands: landed(by, other.recordId) },
  ]),
  'POST /vectors/update': writes((by, other) => [
    {
      body: { id: by.run.recordId, setMetadata: { touched: by.tenantId } },
      lands: { recordId: by.run.recordId, holds: `"touched":"${by.tenantId}"` },
    },
    { body: { id: other.hiddenRecordId, setMetadata: { touched: by.tenantId } } },
  ]),
  'POST /vectors/delete': writes((by, other) => [
    { body: { ids: [by.run.recordId, other.recordId, other.hiddenRecordId] } },
    { body: { filter: { handle: other.handle } } },
    { body: { filter: { handle: { $ne: 'nobody' } } } },
    { body: { deleteAll: true }, isLast: true },
  ]),
}

/** The routes of the vendor's dialect that write, or refuse to. */
export const vendorWriteEntries: Readonly<Record<string, IsolationEntry>> = {
  'POST /vectors/upsert (Api-Key)': writes((by, other) => [
    { body: { vectors: records(by, other) }, lands: landed(by, by.run.recordId) },
    { body: { vectors: records(by, other), namespace: other.placement.namespace }, isRefused: 'somehow' },
    { body: { vectors: records(by, other), namespace: other.tenantId }, isRefused: 'somehow' },
  ]),
  'POST /vectors/update (Api-Key)': writes((by, other) => [
    { body: { id: other.recordId, setMetadata: { touched: by.tenantId } } },
    { body: { filter: { handle: other.handle }, setMetadata: { touched: by.tenantId } } },
    { body: { id: by.run.recordId, setMetadata: {}, namespace: other.placement.namespace }, isRefused: 'somehow' },
  ]),
  'POST /vectors/delete (Api-Key)': writes((by, other) => [
    { body: { ids: [other.recordId, by.run.recordId] } },
    { body: { filter: { handle: { $ne: 'nobody' } } } },
    { body: { deleteAll: true, namespace: other.placement.namespace }, isRefused: 'somehow' },
    { body: { deleteAll: true, namespace: other.tenantId }, isRefused: 'somehow' },
    { body: { deleteAll: true }, isLast: true },
  ]),
  'POST /namespaces (Api-Key)': writes((_, other) => [
    { body: { name: other.placement.namespace }, isRefused: 'somehow' },
  ]),
  'DELETE /namespaces/{namespace} (Api-Key)': writes((by, other) => [
    { params: { namespace: other.placement.namespace }, isRefused: 'somehow' },
    { params: { namespace: by.tenantId }, isRefused: 'somehow' },
  ]),
  'POST /indexes (Api-Key)': writes((_, other) => [
    { body: { name: other.placement.indexName }, isRefused: 'somehow' },
  ]),
  'PATCH /indexes/{name} (Api-Key)': writes((_, other) => [
    { params: { name: other.placement.indexName }, body: { tags: { canary: 'yes' } }, isRefused: 'somehow' },
  ]),
  'DELETE /indexes/{name} (Api-Key)': writes((_, other) => [
    { params: { name: other.placement.indexName }, isRefused: 'somehow' },
  ]),
}

function writes(asks: Asks): IsolationEntry {
  return { kind: 'writes', asks }
}

function words(by: Canary): string {
  return `Written by ${by.tenantId}: ${by.secret}.`
}

function landed(by: Canary, recordId: string): NonNullable<Ask['lands']> {
  return { recordId, holds: words(by) }
}

/** Records under the id that every canary has, and under one that only the other has. */
function records(by: Canary, other: Canary): readonly object[] {
  const metadata = { text: words(by), handle: by.handle } satisfies NonNullable<Ask['query']>
  const values = canaryVector(by)
  return [by.run.recordId, other.recordId].map((id) => ({ id, values, metadata }))
}
