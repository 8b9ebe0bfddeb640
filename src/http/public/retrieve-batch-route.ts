import { z } from 'zod'
import type { RetrieveDeps } from '../../rag/retrieve/retrieve.ts'
import { type BatchOutcome, BatchTooLong, batchMax, retrieveBatch } from '../../rag/retrieve/retrieve-batch.ts'
import { answerBytesMax, answerTooLong } from '../pipeline/answer-limit.ts'
import { problemOf, toAppError } from '../pipeline/problem.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { modelHeader, readScope } from './fields.ts'
import { type LostHeaderDeps, lostHeader, lostHeaderWords } from './lost-header.ts'
import { answered, question } from './retrieve-fields.ts'

const body = z.object({ queries: z.array(question).min(1).max(batchMax) }).meta({
  id: 'RetrieveBatchRequest',
  example: { queries: [{ query: 'How do I return a bike?' }, { query: 'warranty', mode: 'hybrid', topK: 3 }] },
})

const problem = z
  .object({ type: z.string(), title: z.string(), status: z.int(), detail: z.string(), code: z.string() })
  .loose()
  .describe('As `POST /retrieve` would have answered this one.')

const results = z
  .object({
    results: z
      .array(
        z.object({
          answer: answered.optional(),
          cache: z.enum(['hit', 'miss', 'bypass']).optional(),
          problem: problem.optional(),
        }),
      )
      .describe('In the order of the queries: each has an `answer`, or else a `problem`.'),
    requestId: z.string(),
  })
  .meta({ id: 'RetrieveBatchAnswer' })

export function retrieveBatchRoute(deps: RetrieveDeps & LostHeaderDeps): AnyRoute {
  return route({
    method: 'post',
    path: '/retrieve/batch',
    access: readScope,
    tag: 'retrieval',
    summary: 'Ask several questions at once',
    description: [
      `Up to ${batchMax} questions, each as in \`POST /retrieve\` and answered by itself; their texts are embedded in one call.`,
      'A question that can’t be answered has its problem in its place. A body of another shape is refused whole, and so is the tenant’s own state (suspended, not ready).',
      lostHeaderWords,
    ].join(' '),
    body,
    replies: { 200: { description: 'An answer or a problem a question.', schema: results } },
    async handle(call) {
      const { principal, requestId, signal } = call
      const bypass = call.header('cache-control')?.includes('no-') === true
      const options = { bypass, signal, bytesMax: answerBytesMax }
      const model = call.header(modelHeader)
      const asked = call.body.queries.map((one) => ({ ...one, model }))
      const batch = retrieveBatch(deps, principal, asked, options)
      const { outcomes, stale } = await batch.catch((error: unknown) => {
        throw error instanceof BatchTooLong ? answerTooLong() : error
      })
      signal.throwIfAborted()
      const parts = outcomes.map((outcome) => partOf(outcome, call))
      return {
        status: 200,
        json: `{"results":[${parts.join(',')}],"requestId":${JSON.stringify(requestId)}}`,
        headers: { ...(stale && { 'x-registry': 'stale' }), ...lostHeader(deps, principal) },
      }
    },
  })
}

function partOf(
  outcome: BatchOutcome,
  { requestId, log }: { readonly requestId: string; readonly log: { error(fields: object, words: string): void } },
): string {
  if ('answer' in outcome) return `{"answer":${outcome.answer.json},"cache":"${outcome.answer.cache}"}`
  const error = toAppError(outcome.fault)
  if (error.code === 'internal') log.error({ err: error.cause }, 'unexpected fault in a batch')
  return JSON.stringify({ problem: problemOf(error, requestId) })
}
