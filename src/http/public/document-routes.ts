import { z } from 'zod'
import { type DeleteDocumentDeps, deleteDocument } from '../../rag/delete-document.ts'
import { type DocumentDeps, getDocument } from '../../rag/get-document.ts'
import { listDocuments } from '../../rag/list-documents.ts'
import { chunksMax, type PutDocumentDeps, putDocument } from '../../rag/put-document.ts'
import { documentIdRule } from '../../rag/record-ids.ts'
import { type AnyRoute, route } from '../route.ts'
import { metadata, reading, writing } from './fields.ts'

export type DocumentRouteDeps = PutDocumentDeps & DeleteDocumentDeps & DocumentDeps

const tag = 'documents'
const bodyLimitBytes = 32 * 1024 * 1024

const params = z.object({
  documentId: z.string().describe(`${documentIdRule}. One id is one document, in this tenant only.`),
})

const content = z
  .object({
    text: z.string().min(1).describe('Plain text or Markdown. It is cut at headings, paragraphs and sentences.'),
    source: z.string().max(2_048).optional().describe('Where it comes from; given back with each match.'),
    metadata: metadata
      .optional()
      .describe(
        'For filters; at most 24 KB. `visibility`, a list of groups, limits who in the tenant finds it. The names `text`, `documentId`, `source`, `chunk` and those beginning with `_tr` are taken.',
      ),
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

const info = z
  .object({
    documentId: z.string(),
    source: z.string().nullable(),
    metadata,
    chunks: z.int(),
    status: z
      .enum(['ready', 'writing', 'deleting'])
      .describe('`writing` and `deleting` are under way, or broke off: the same request again repairs that.'),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Document' })

export function documentRoutes(deps: DocumentRouteDeps): readonly AnyRoute[] {
  return [
    route({
      method: 'put',
      path: '/documents/{documentId}',
      access: writing,
      tag,
      summary: 'Store a document',
      description: [
        'Cuts the text into chunks, embeds and stores them. The same content again writes nothing; changed content leaves no chunk of the old one.',
        'It can be repeated after any failure: after 504 `outcome_unknown` the same request repairs what is half done; other content may have to wait (409 `document_busy`) until the unanswered write can no longer land.',
        `A text gives at most ${chunksMax} chunks.`,
      ].join(' '),
      params,
      body: content,
      bodyLimitBytes,
      replies: {
        200: { description: 'The document was there: `updated`, or `unchanged`.', schema: stored },
        201: { description: 'The document is new.', schema: stored },
      },
      async handle({ principal, params: { documentId }, body, signal }) {
        const json = await putDocument(deps, principal, { documentId, ...body }, { signal })
        return { status: json.status === 'created' ? 201 : 200, json }
      },
    }),
    route({
      method: 'get',
      path: '/documents',
      access: reading,
      tag,
      summary: 'List documents',
      description: 'In the order of their ids, without those that the caller’s groups don’t see.',
      query: z.object({
        cursor: z.string().max(1_000).optional().describe('`nextCursor` of the page before.'),
        limit: z.coerce.number().int().min(1).max(100).default(50),
      }),
      replies: {
        200: {
          description: 'A page; `nextCursor` is null on the last one.',
          schema: z.object({ items: z.array(info), nextCursor: z.string().nullable() }).meta({ id: 'DocumentList' }),
        },
      },
      async handle({ principal, query }) {
        return { status: 200, json: await listDocuments(deps, principal, query) }
      },
    }),
    route({
      method: 'get',
      path: '/documents/{documentId}',
      access: reading,
      tag,
      summary: 'Look at a document',
      description:
        'Its source, metadata and state. The text is not kept as a whole; its chunks come back from `/retrieve`.',
      params,
      replies: { 200: { description: 'The document.', schema: info } },
      async handle({ principal, params: { documentId } }) {
        return { status: 200, json: await getDocument(deps, principal, { documentId }) }
      },
    }),
    route({
      method: 'delete',
      path: '/documents/{documentId}',
      access: writing,
      tag,
      summary: 'Delete a document',
      description:
        'With all its chunks. Writing goes by scope: a document that `visibility` hides from the caller’s groups can be deleted.',
      params,
      replies: { 204: { description: 'It is gone.' } },
      async handle({ principal, params: { documentId } }) {
        await deleteDocument(deps, principal, { documentId })
        return { status: 204 }
      },
    }),
  ]
}
