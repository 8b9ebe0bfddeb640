import { z } from 'zod'
import { removeDocument } from '../../ingest/remove-document.ts'
import { storeDocument } from '../../ingest/store-document.ts'
import { chunksMax } from '../../rag/chunks/chunk-rule.ts'
import type { DeleteDocumentDeps } from '../../rag/documents/delete-document.ts'
import { type DocumentDeps, getDocument } from '../../rag/documents/get-document.ts'
import { listDocuments } from '../../rag/documents/list-documents.ts'
import type { PutDocumentDeps } from '../../rag/documents/put-document.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import {
  chunking,
  documentLimitBytes,
  documentMetadata,
  documentParams,
  documentSchema,
  source,
} from './document-fields.ts'
import { readScope, writeScope } from './fields.ts'
import { type UploadRouteDeps, uploadRoutes } from './upload-routes.ts'

export type DocumentRouteDeps = PutDocumentDeps & DeleteDocumentDeps & DocumentDeps & UploadRouteDeps

const tag = 'documents'

const content = z
  .object({
    text: z.string().min(1).describe('Plain text or Markdown.'),
    source: source.optional(),
    metadata: documentMetadata.optional(),
    chunking: chunking.optional(),
  })
  .meta({
    id: 'DocumentContent',
    example: {
      text: '# Returns\n\nA bike can be returned within 30 days.',
      source: 'help/returns.md',
      metadata: { department: 'support', visibility: ['staff'] },
    },
  })

const stored = z
  .object({
    documentId: z.string(),
    chunks: z.int(),
    status: z.enum(['created', 'updated', 'unchanged']),
    usage: z.object({ embeddingTokens: z.int() }),
  })
  .meta({ id: 'StoredDocument' })

export function documentRoutes(deps: DocumentRouteDeps): readonly AnyRoute[] {
  return [
    ...uploadRoutes(deps),
    route({
      method: 'put',
      path: '/documents/{documentId}',
      access: writeScope,
      tag,
      summary: 'Store a document',
      description: [
        'Cuts the text into chunks, embeds and stores them. The same content again writes nothing; changed content leaves no chunk of the old one.',
        'It can be repeated after any failure: after 504 `outcome_unknown` the same request repairs what is half done; other content may have to wait (409 `document_busy`) until the unanswered write can no longer land.',
        'An earlier upload of it that is on its way comes to nothing; 409 `document_busy` while it is being stored.',
        'Of an id that is taken by a document which `visibility` hides from a token with a groups claim: 409 `conflict`, unless it has the scope `rag:write:any`.',
        `A text gives at most ${chunksMax} chunks.`,
      ].join(' '),
      params: documentParams,
      body: content,
      bodyLimitBytes: documentLimitBytes,
      replies: {
        200: { description: 'The document was there: `updated`, or `unchanged`.', schema: stored },
        201: { description: 'The document is new.', schema: stored },
      },
      async handle({ principal, params: { documentId }, body, signal }) {
        const json = await storeDocument(deps, principal, { documentId, ...body }, { signal })
        return { status: json.status === 'created' ? 201 : 200, json }
      },
    }),
    route({
      method: 'get',
      path: '/documents',
      access: readScope,
      tag,
      summary: 'List documents',
      description:
        'Stored ones and those on their way, in the order of their ids, without those that the caller’s groups don’t see.',
      query: z.object({
        cursor: z.string().max(1_000).optional().describe('`nextCursor` of the previous page.'),
        limit: z.coerce.number().int().min(1).max(100).default(50),
      }),
      replies: {
        200: {
          description: 'A page; `nextCursor` is null on the last one.',
          schema: z
            .object({ items: z.array(documentSchema), nextCursor: z.string().nullable() })
            .meta({ id: 'DocumentList' }),
        },
      },
      async handle({ principal, query }) {
        return { status: 200, json: await listDocuments(deps, principal, query) }
      },
    }),
    route({
      method: 'get',
      path: '/documents/{documentId}',
      access: readScope,
      tag,
      summary: 'Look at a document',
      description:
        'Its source, metadata and state. The text is not kept as a whole; its chunks come back from `/retrieve`.',
      params: documentParams,
      replies: { 200: { description: 'The document.', schema: documentSchema } },
      async handle({ principal, params: { documentId } }) {
        return { status: 200, json: await getDocument(deps, principal, { documentId }) }
      },
    }),
    route({
      method: 'delete',
      path: '/documents/{documentId}',
      access: writeScope,
      tag,
      summary: 'Delete a document',
      description:
        'With all its chunks; an upload of it that is on its way is taken back. Of a document that `visibility` hides from a token with a groups claim: 404, unless it has the scope `rag:write:any`.',
      params: documentParams,
      replies: { 204: { description: 'It is gone.' } },
      async handle({ principal, params: { documentId } }) {
        await removeDocument(deps, principal, { documentId })
        return { status: 204 }
      },
    }),
  ]
}
