import { z } from 'zod'
import { type CachedRetrieveDeps, cachedRetrieve } from '../../rag/cached-retrieve.ts'
import { queryMax, topKMax } from '../../rag/question.ts'
import { type AnyRoute, route } from '../route.ts'
import { filter, metadata, reading, vectorValues } from './fields.ts'

export type RetrieveRouteDeps = CachedRetrieveDeps

const question = z
  .object({
    query: z
      .string()
      .min(1)
      .max(queryMax)
      .optional()
      .describe('A question or words to look for. Either this or `vector`.'),
    vector: vectorValues.optional().describe('An embedding made with the same model. Either this or `query`.'),
    topK: z.int().min(1).max(topKMax).default(5).describe('How many matches at most.'),
    filter: filter.optional(),
    minScore: z.number().optional().describe('Leaves out matches with a lower score.'),
    includeValues: z.boolean().default(false).describe('Also give the vectors of the matches.'),
    mode: z.enum(['dense']).default('dense').describe('How to search. There is no other way yet.'),
  })
  .meta({ id: 'RetrieveRequest', example: { query: 'How do I return a bike?', topK: 3 } })

const position = z
  .object({
    start: z
      .int()
      .describe(
        'Where its own words begin in the document’s text (for a file: the text read from it), in UTF-16 units.',
      ),
    end: z.int(),
    page: z.int().optional().describe('Of a PDF: the page it begins on, from 1.'),
    heading: z.string().optional().describe('The headings it stands under, as in `Bikes > Brakes`.'),
  })
  .describe('Where a chunk stands in its document; null for a record that the app stored by itself.')

const answer = z
  .object({
    matches: z
      .array(
        z.object({
          id: z.string().describe('`<documentId>#<n>` for a chunk of a document.'),
          score: z.number().describe('Cosine similarity; more is nearer.'),
          text: z.string().nullable(),
          documentId: z.string().nullable(),
          source: z.string().nullable(),
          position: position.nullable(),
          metadata,
          values: z.array(z.number()).optional(),
        }),
      )
      .describe('The best first.'),
    usage: z.object({ embeddingTokens: z.int().optional(), readUnits: z.number().optional() }),
    route: z
      .object({ tier: z.enum(['standard', 'enterprise']), generation: z.int() })
      .describe('Of the tenant, and of the place that was searched; it rises when the tenant is moved.'),
    requestId: z.string(),
  })
  .meta({ id: 'RetrieveAnswer' })

export function retrieveRoute(deps: RetrieveRouteDeps): AnyRoute {
  return route({
    method: 'post',
    path: '/retrieve',
    access: reading,
    tag: 'retrieval',
    summary: 'Find the texts nearest to a question',
    description: [
      'Searches the caller’s tenant: chunks of its documents, and records it stored by itself.',
      'A record with a list of groups in `visibility` is found only by tokens with one of these groups.',
      '`X-Registry: stale` says that the registry is away and the answer comes from where the tenant lived when that was last known.',
      'Answers are kept for a short time; `X-Cache` says `hit`, `miss` or `bypass`. A write of the tenant drops them; `Cache-Control: no-cache` asks the store itself.',
    ].join(' '),
    body: question,
    replies: { 200: { description: 'The matches, which may be none.', schema: answer } },
    async handle(call) {
      const { principal, body, requestId } = call
      const bypass = call.header('cache-control')?.includes('no-') === true // no-cache, no-store
      // The signal is made when it is asked for; a kept answer, and a load that others join, need none.
      const options = bypass ? { bypass, signal: call.signal } : {}
      const { json, cache, stale } = await cachedRetrieve(deps, principal, body, options)
      // A kept answer is everyone's who asks the same; only its last field is this request's.
      return {
        status: 200,
        json: `${json.slice(0, -1)},"requestId":${JSON.stringify(requestId)}}`,
        headers: stale ? { 'x-cache': cache, 'x-registry': 'stale' } : { 'x-cache': cache },
      }
    },
  })
}
