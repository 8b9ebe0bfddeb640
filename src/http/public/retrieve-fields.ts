import { z } from 'zod'
import { queryMax, topKMax } from '../../rag/retrieve/question.ts'
import { rerankMax } from '../../rag/retrieve/refinement.ts'
import { filter, metadata, vectorValues } from './fields.ts'

const weights = z
  .strictObject({ dense: z.number().min(0).optional(), sparse: z.number().min(0).optional() })
  .describe('Of mode `hybrid`: how much each list counts; 1 each by default. Only how they compare matters.')

const rerank = z.union([
  z.boolean(),
  z.strictObject({
    topN: z.int().min(1).max(topKMax).optional().describe('Matches to give, at most `topK`, which is the default.'),
    candidates: z.int().min(1).max(rerankMax).optional().describe('How many are judged; default 50, or `topK`.'),
    optional: z
      .boolean()
      .optional()
      .describe('Where the reranker is away: answer without it, `search.reranker` null, instead of 503.'),
  }),
])

/** Strict, so that lists of it are searched for unknown fields and for those that try to name a tenant. */
export const question = z
  .strictObject({
    query: z
      .string()
      .min(1)
      .max(queryMax)
      .optional()
      .describe('A question or words to look for. Either this or `vector`.'),
    vector: vectorValues
      .optional()
      .describe(
        'An embedding of the same model, which the header `X-Embedding-Model` or the key names. Either this or `query`.',
      ),
    topK: z
      .int()
      .min(1)
      .max(topKMax)
      .optional()
      .describe('How many matches at most, or with `group` how many documents; default 5.'),
    filter: filter.optional(),
    minScore: z
      .number()
      .optional()
      .describe('Leaves out matches with a lower `score`, whatever `search.score` says it is.'),
    includeValues: z.boolean().default(false).describe('Also give the vectors of the matches.'),
    mode: z
      .enum(['dense', 'hybrid'])
      .optional()
      .describe(
        '`dense`, the default, looks for what is near in meaning. `hybrid` looks for words too (BM25) and combines both, by reciprocal rank or, with related words, by the sum of their scores; it needs `query`.',
      ),
    weights: weights.optional(),
    rerank: rerank
      .optional()
      .describe(
        'Judges the best candidates once more, by a cross-encoder if the service has one, else by words; `search.reranker` says which. Needs `query`.',
      ),
    expand: z
      .int()
      .min(0)
      .max(5)
      .optional()
      .describe('Chunks of the document to give before and after each match, in `neighbours`; default 0.'),
    diversity: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe(
        'Maximal marginal relevance: 0, the default, orders by nearness alone, 1 by being unlike those before.',
      ),
    group: z.enum(['document']).optional().describe('Gives the best matches of each document together.'),
    groupSize: z.int().min(1).max(10).optional().describe('Of `group`: matches of one document at most; default 3.'),
    explain: z
      .boolean()
      .optional()
      .describe('How the answer came about. Needs the scope `rag:explain`; such an answer is never cached.'),
  })
  .meta({ id: 'RetrieveRequest', example: { query: 'How do I return a bike?', topK: 3 } })

const scores = z
  .object({
    dense: z.number().optional().describe('Similarity of the vectors.'),
    sparse: z.number().optional().describe('BM25 of the words in common.'),
    fused: z.number().optional().describe('Reciprocal ranks of the two; 1 is first in both.'),
    rerank: z.number().optional(),
  })
  .describe('When there is more than the one in `score`.')

export const position = z
  .object({ start: z.int(), end: z.int(), page: z.int().optional(), heading: z.string().optional() })
  .nullable()
  .describe('Where in its document it stands; null for a record that is no chunk.')

const neighbour = z.object({ id: z.string(), text: z.string().nullable(), position: position.optional() })

const match = z.object({
  id: z.string().describe('`<documentId>#<n>` for a chunk of a document.'),
  score: z
    .number()
    .describe('More is nearer. Similarity of the vectors (cosine) in the plain search; else what `search.score` says.'),
  scores: scores.optional(),
  text: z.string().nullable(),
  documentId: z.string().nullable(),
  source: z.string().nullable(),
  position: position.optional(),
  metadata,
  values: z.array(z.number()).optional(),
  neighbours: z
    .object({ before: z.array(neighbour), after: z.array(neighbour) })
    .optional()
    .describe('Of `expand`: what stands around it in its document, as far as the caller may see it.'),
})

const search = z
  .object({
    mode: z.enum(['dense', 'hybrid']),
    lexical: z
      .enum(['store', 'candidates'])
      .optional()
      .describe('Of `hybrid`: whether words were looked for in all that is stored, or only among what was near.'),
    reranker: z.string().nullable().optional().describe('The model, or `lexical`. Null: it was away.'),
    score: z.enum(['similarity', 'fused', 'rerank']).describe('What `score` is.'),
  })
  .describe('How the search really went; there when more than the plain one was asked for.')

const explanation = z.object({
  asked: z.record(z.string(), z.unknown()).describe('The question as it was understood.'),
  filter: z.record(z.string(), z.unknown()).describe('What was sent to the store.'),
  place: z.object({
    tier: z.enum(['standard', 'enterprise']),
    generation: z.int(),
    kind: z.enum(['pool', 'silo']),
    why: z.string(),
  }),
  embeddingModel: z.string(),
  search,
  stages: z.array(z.object({ stage: z.string(), candidates: z.int().optional(), ms: z.number() })),
})

export const answered = z
  .object({
    matches: z
      .array(match)
      .describe('The best first; with `diversity` in the order of choice, with `group` by document.'),
    groups: z
      .array(z.object({ documentId: z.string().nullable(), score: z.number(), ids: z.array(z.string()) }))
      .optional()
      .describe('Of `group`: which matches belong together, the best document first.'),
    search: search.optional(),
    explain: explanation.optional(),
    usage: z.object({ embeddingTokens: z.int().optional(), readUnits: z.number().optional() }),
    route: z
      .object({ tier: z.enum(['standard', 'enterprise']), generation: z.int() })
      .describe('Of the tenant, and of the place that was searched; it rises when the tenant is moved.'),
  })
  .meta({ id: 'Retrieved' })

export const retrieveAnswer = answered.extend({ requestId: z.string() }).meta({ id: 'RetrieveAnswer' })
