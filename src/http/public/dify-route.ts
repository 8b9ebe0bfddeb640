import { z } from 'zod'
import type { TenantPrincipal } from '../../auth/principal.ts'
import type { Db } from '../../db/connect.ts'
import { AppError, type ErrorCode } from '../../errors.ts'
import type { Match } from '../../rag/retrieve/match.ts'
import { queryMax, topKMax } from '../../rag/retrieve/question.ts'
import { type RetrieveDeps, retrieve } from '../../rag/retrieve/retrieve.ts'
import type { RetrieveAnswer } from '../../rag/retrieve/search-tenant.ts'
import { tenantAttributes } from '../../registry/tenant-attributes.ts'
import type { Filter, Metadata } from '../../stores/store.ts'
import { problemKinds } from '../pipeline/problem.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { type DifyNarrowing, difyNarrowing, difyOperators } from './dify-filter.ts'
import { readScope } from './fields.ts'
import { type LostHeaderDeps, lostHeader } from './lost-header.ts'

export type DifyRouteDeps = RetrieveDeps & LostHeaderDeps & { readonly db: Db }

/** The tenant's attribute by which staff give its knowledge another name in Dify. */
const aliasAttribute = 'difyKnowledgeId'

/** Loose: Dify adds fields from version to version, and an unknown one is no fault. */
const question = z
  .looseObject({
    knowledge_id: z
      .string()
      .min(1)
      .max(200)
      .describe(`The tenant’s id, or its attribute \`${aliasAttribute}\`. The token says whose knowledge is searched.`),
    query: z.string().min(1).max(queryMax),
    retrieval_setting: z.looseObject({
      top_k: z.int().min(1).max(topKMax),
      score_threshold: z.number().min(0).max(1).nullish().describe('0: none.'),
    }),
    metadata_condition: z
      .looseObject({
        logical_operator: z.enum(['and', 'or']).nullish(),
        conditions: z
          .array(
            z.looseObject({
              name: z.string(),
              comparison_operator: z.string().describe(`One of: ${difyOperators.join(', ')}.`),
              value: z
                .union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()])).max(1_000)])
                .nullish(),
            }),
          )
          .max(100)
          .nullish(),
      })
      .nullish()
      .describe(
        'Narrows what is found. Dates are numbers (20261121, or seconds since 1970) or ISO texts. Parts of texts (`contains`, `start with`, `end with`) and dates that are texts are judged over the 100 nearest passages.',
      ),
  })
  .meta({
    id: 'DifyRetrieval',
    example: {
      knowledge_id: 'acme-bikes',
      query: 'How do I return a bike?',
      retrieval_setting: { top_k: 3, score_threshold: 0.3 },
    },
  })

const records = z
  .object({
    records: z.array(
      z.object({
        content: z.string(),
        score: z.number().describe('From 0 to 1.'),
        title: z.string(),
        metadata: z.record(z.string(), z.unknown()),
      }),
    ),
  })
  .meta({ id: 'DifyRecords' })

/** Dify's External Knowledge API (docs.dify.ai, "External Knowledge API"), over the retrieval that every app has. */
export function difyRoute(deps: DifyRouteDeps): AnyRoute {
  return route({
    method: 'post',
    path: '/retrieval',
    access: readScope,
    tag: 'dify',
    summary: 'Dify’s External Knowledge API',
    description: [
      'For Dify as it is: enter this listener’s address as the endpoint, a tenant token as the API key and the tenant’s id as the knowledge id.',
      'Problems carry Dify’s `error_code` and `error_msg` too: 1001 for an `Authorization` that is no Bearer token, 1002 for a token that is not taken, 2001 for a knowledge id that is not the token’s; others have the status as their code.',
    ].join(' '),
    body: question,
    replies: { 200: { description: 'The passages, which may be none; the best first.', schema: records } },
    problemFields: difyError,
    async handle({ principal, body }) {
      await checkKnowledge(deps, principal, body.knowledge_id)
      const { top_k: topK, score_threshold: threshold } = body.retrieval_setting
      const asked = { query: body.query, topK, ...(threshold && { minScore: threshold }) }
      const matches = await search(deps, principal, asked, difyNarrowing(body.metadata_condition))
      return { status: 200, json: { records: matches.flatMap(recordOf) }, headers: lostHeader(deps, principal) }
    },
  })
}

interface Asked {
  readonly query: string
  readonly topK: number
  readonly minScore?: number
}

/**
 * Searches. Where the store cannot evaluate the conditions, the nearest candidates are judged here, as many as one
 * search returns; they are merged with the matches that the store itself finds, however distant.
 */
async function search(
  deps: DifyRouteDeps,
  principal: TenantPrincipal,
  asked: Asked,
  narrowing: DifyNarrowing | undefined,
): Promise<readonly Match[]> {
  const found = async (topK: number, filter: Filter | undefined) => {
    const { json } = await retrieve(deps, principal, { ...asked, topK, filter })
    return (JSON.parse(json) as RetrieveAnswer).matches
  }
  const { sure: filter, wide } = narrowing ?? {}
  if (wide === undefined) return found(asked.topK, filter)
  const [sure, maybe] = await Promise.all([filter && found(asked.topK, filter), found(topKMax, wide.filter)])
  const judged = maybe.filter((match) => wide.meets(keptBy(match)))
  const byId = new Map([...(sure ?? []), ...judged].map((match) => [match.id, match]))
  return [...byId.values()].sort((a, b) => b.score - a.score).slice(0, asked.topK)
}

/** A passage's fields under the names that the store uses. */
function keptBy({ metadata, text, documentId, source }: Match): Metadata {
  const lifted = Object.entries({ text, documentId, source }).filter(([, value]) => value !== null)
  return { ...metadata, ...Object.fromEntries(lifted as [string, string][]) }
}

/** Reads only the token's own tenant, so that another tenant's knowledge and a missing one take the same path. */
async function checkKnowledge(deps: DifyRouteDeps, { tenantId }: TenantPrincipal, knowledgeId: string): Promise<void> {
  if (knowledgeId === tenantId) return
  const own = await tenantAttributes(deps.db, tenantId)
  if (own[aliasAttribute] === knowledgeId) return
  throw new AppError('not_found', 'There is no such knowledge.')
}

/** A record of an app without text has nothing that Dify could show. */
function recordOf({ id, score, text, documentId, source, position, metadata }: Match) {
  if (text === null) return []
  const title = source ?? documentId ?? id
  return [
    {
      content: text,
      score: Math.min(1, Math.max(0, score)),
      title,
      metadata: { ...position, ...metadata, id, documentId },
    },
  ]
}

const refusedTokens = new Set<ErrorCode>(['unauthenticated', 'forbidden', 'tenant_suspended', 'tenant_unknown'])

function difyError(error: AppError, authorization: string | undefined): Readonly<Record<string, unknown>> {
  const { status, title, ...kind } = problemKinds[error.code]
  const message = 'detail' in kind ? kind.detail : error.message || title
  if (error.code === 'not_found') return { error_code: 2001, error_msg: 'The knowledge does not exist.' }
  if (error.code === 'unauthenticated' && !/^Bearer \S+$/i.test(authorization ?? '')) {
    return { error_code: 1001, error_msg: 'Invalid Authorization header. Expected "Bearer <api-key>".' }
  }
  return { error_code: refusedTokens.has(error.code) ? 1002 : status, error_msg: message }
}
