import { z } from 'zod'
import { answer } from '../../rag/answers/answer.ts'
import type { AnswerDeps } from '../../rag/answers/answer-question.ts'
import { type AnswerEvent, streamAnswer } from '../../rag/answers/stream-answer.ts'
import { queryMax, topKMax } from '../../rag/retrieve/question.ts'
import { type AnyRoute, type Reply, route } from '../pipeline/route.ts'
import { readScope } from './fields.ts'
import { type LostHeaderDeps, lostHeader, lostHeaderWords } from './lost-header.ts'
import { position, question as retrieval } from './retrieve-fields.ts'

export type AnswerRouteDeps = AnswerDeps & LostHeaderDeps

const { filter, minScore, mode, weights, rerank, expand, diversity } = retrieval.shape

const question = z
  .object({
    question: z.string().min(1).max(queryMax).describe('The question, in any words.'),
    topK: z
      .int()
      .min(1)
      .max(topKMax)
      .optional()
      .describe('How many passages the answer may be written from at most; default 5.'),
    filter,
    minScore,
    mode,
    weights,
    rerank,
    diversity,
    expand: expand.describe('Chunks of the document to read before and after each passage, as a part of it.'),
    stream: z
      .boolean()
      .default(false)
      .describe(
        'Answer as server-sent events: a `source` each, `token` with `{text}` while it is written, then `done`.',
      ),
  })
  .meta({ id: 'AnswerRequest', example: { question: 'How long do refunds take?', topK: 5 } })

const source = z
  .object({
    number: z.int().describe('As the answer cites it: `[1]`.'),
    id: z.string(),
    documentId: z.string().nullable(),
    source: z.string().nullable(),
    position,
    score: z.number(),
    text: z.string().describe('What the answer was written from.'),
  })
  .meta({ id: 'AnswerSource' })

/** Fields that the event `done` carries too. */
const notes = {
  answeredBy: z
    .string()
    .describe(
      'The model. `extractive`: the sentences are quotes and no model was asked; `none`: nothing was found, so no model was asked.',
    ),
  finish: z
    .enum(['stop', 'length', 'content_filter'])
    .describe('`stop`: it is whole. Otherwise the model was not allowed to write more, or its provider cut it.'),
  citations: z
    .array(z.object({ number: z.int(), id: z.string(), documentId: z.string().nullable() }))
    .describe('The sources that the answer cites.'),
  removedCitations: z
    .array(z.int())
    .describe('Numbers that the model cited and that stand for no source; their marks are taken out of the answer.'),
  usage: z.object({
    embeddingTokens: z.int().optional(),
    readUnits: z.number().optional(),
    promptTokens: z.int().optional(),
    completionTokens: z.int().optional(),
  }),
  route: z.object({ tier: z.enum(['standard', 'enterprise']), generation: z.int() }),
  requestId: z.string(),
}

const answered = z
  .object({
    answer: z.string().describe('With marks as `[1]` behind what a source says.'),
    sources: z.array(source).describe('What it was written from, the best first.'),
    ...notes,
  })
  .meta({ id: 'Answer' })

export function answerRoute(deps: AnswerRouteDeps): AnyRoute {
  return route({
    method: 'post',
    path: '/answer',
    access: readScope,
    tag: 'retrieval',
    summary: 'Answer a question from the tenant’s own documents',
    description: [
      'Finds passages as `/retrieve` does, in the caller’s tenant and among what its groups see, and has the answer written from these and from nothing else, with a number behind each statement.',
      'With `stream` the answer is `text/event-stream`: the sources, the text while it is written, and `done` with everything that is said of it. A stream that breaks off ends with the event `error`, a problem, and never with `done`.',
      'Whole answers are kept for a short time; `X-Cache` says `hit`, `miss` or `bypass`. A write of the tenant drops them; `Cache-Control: no-cache` asks anew.',
      '`X-Registry: stale` means what it means for `/retrieve`.',
      lostHeaderWords,
    ].join(' '),
    body: question,
    replies: {
      200: {
        description: 'The answer, or with `stream` its events.',
        schema: answered,
        events: ['source', 'token', 'done', 'error'],
      },
    },
    async handle({ principal, body, requestId, header, signal }): Promise<Reply> {
      const { stream, ...input } = body
      const bypass = header('cache-control')?.includes('no-') === true // no-cache, no-store
      const headersOf = (cache: string, stale: boolean) => ({
        'x-cache': cache,
        ...(stale && { 'x-registry': 'stale' }),
        ...lostHeader(deps, principal),
      })
      if (stream) {
        const { events, cache, stale } = await streamAnswer(deps, principal, input, { bypass, signal })
        return {
          status: 200,
          events: withRequestId(events, requestId),
          endsByItself: true,
          headers: headersOf(cache, stale),
        }
      }
      const { json, cache, stale } = await answer(deps, principal, input, { bypass, signal })
      const own = `${json.slice(0, -1)},"requestId":${JSON.stringify(requestId)}}`
      return { status: 200, json: own, headers: headersOf(cache, stale) }
    },
  })
}

async function* withRequestId(events: AsyncIterable<AnswerEvent>, requestId: string) {
  for await (const { event, data } of events) yield { event, data: event === 'done' ? { ...data, requestId } : data }
}
