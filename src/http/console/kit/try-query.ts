import type { StaffPrincipal } from '../../../auth/principal.ts'
import type { Db } from '../../../db/connect.ts'
import { AppError } from '../../../errors.ts'
import { parseTenantId } from '../../../placement/tenant-id.ts'
import { appendAudit } from '../../../registry/audit/audit.ts'
import type { AnyRoute } from '../../pipeline/route.ts'
import { fieldCheck } from '../../request/check-fields.ts'
import type { Caller } from './staff-api.ts'

export interface TriedQuestion {
  readonly tenantId: string
  /** Undefined: as a token without a groups claim. */
  readonly groups: readonly string[] | undefined
  readonly query: string
  readonly topK: number
}

export interface TriedMatch {
  readonly id: string
  readonly score: number
  readonly text: string
  readonly source: string | null
  readonly documentId: string
}

export type TryQuery = (caller: Caller, question: TriedQuestion) => Promise<readonly TriedMatch[]>

/**
 * Asks a tenant's question in its place, by the route that its app calls. The audit says who asked as whom before
 * anything is read; the question itself is the tenant's matter and stays out of it.
 */
export function openTryQuery(db: Db, routes: readonly AnyRoute[]): TryQuery | undefined {
  const retrieve = routes.find(({ method, path, pinecone }) => method === 'post' && path === '/retrieve' && !pinecone)
  if (retrieve === undefined) return undefined
  const check = fieldCheck(retrieve.body)
  return async (caller, { tenantId: id, groups, query, topK }) => {
    const { principal, requestId, address, log, signal } = caller
    refuseOthers(principal)
    const tenantId = parseTenantId(id)
    const body = check({ query, topK }, undefined)
    const origin = { requestId, ...(address !== undefined && { address }) }
    const detail = { groups: groups ?? null, topK }
    await appendAudit(db, [{ actor: { ...principal, origin }, action: 'query.try', tenantId, detail }])
    const { json } = await retrieve.handle({
      principal: {
        kind: 'tenant',
        tenantId,
        subject: `console of ${principal.subject}`,
        scopes: new Set(['rag:read'] as const),
        groups: [...new Set(groups)].sort(),
        ...(groups !== undefined && { hasGroupsClaim: true as const }),
      },
      params: undefined,
      query: {},
      body,
      form: undefined,
      signal,
      requestId,
      log,
      header: () => undefined,
    })
    const answer = typeof json === 'string' ? JSON.parse(json) : json
    return (answer as { readonly matches: readonly TriedMatch[] }).matches
  }
}

function refuseOthers({ roles }: StaffPrincipal): void {
  if (!roles.has('platform')) throw new AppError('forbidden', 'Only the platform team asks in a tenant’s place.')
}
