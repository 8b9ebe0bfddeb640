import { type RetrieveDeps, retrieve } from '../../rag/retrieve/retrieve.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { modelHeader, readScope } from './fields.ts'
import { type LostHeaderDeps, lostHeader, lostHeaderWords } from './lost-header.ts'
import { question, retrieveAnswer } from './retrieve-fields.ts'

export type RetrieveRouteDeps = RetrieveDeps & LostHeaderDeps

export function retrieveRoute(deps: RetrieveRouteDeps): AnyRoute {
  return route({
    method: 'post',
    path: '/retrieve',
    access: readScope,
    tag: 'retrieval',
    summary: 'Find the texts nearest to a question',
    description: [
      'Searches the caller’s tenant: chunks of its documents, and records it stored by itself.',
      'A record with a list of groups in `visibility` is found only by tokens with one of these groups.',
      'Beyond the plain search, stages follow one another as far as they are asked for: `mode: hybrid`, `rerank`, `minScore`, `diversity`, `group`, `topK`, `expand`; none of them can bring in what the search could not.',
      '`X-Registry: stale` says that the registry is away and the answer comes from where the tenant lived when that was last known.',
      lostHeaderWords,
      'Answers are kept for a short time; `X-Cache` says `hit`, `miss` or `bypass`. A write of the tenant drops them; `Cache-Control: no-cache` asks the store itself.',
    ].join(' '),
    body: question,
    replies: { 200: { description: 'The matches, which may be none.', schema: retrieveAnswer } },
    async handle(call) {
      const { principal, body, requestId } = call
      const bypass = call.header('cache-control')?.includes('no-') === true // no-cache, no-store
      // The signal is made when it is asked for; a kept answer, and a load that others join, need none.
      const { timeLimit } = call
      const options = bypass ? { bypass, signal: call.signal } : timeLimit === undefined ? {} : { signal: timeLimit }
      const { json, cache, stale } = await retrieve(
        deps,
        principal,
        { ...body, model: call.header(modelHeader) },
        options,
      )
      // A kept answer is everyone's who asks the same; only its last field is this request's.
      return {
        status: 200,
        json: `${json.slice(0, -1)},"requestId":${JSON.stringify(requestId)}}`,
        headers: {
          'x-cache': cache,
          ...(stale && { 'x-registry': 'stale' }),
          ...lostHeader(deps, principal),
        },
      }
    },
  })
}
