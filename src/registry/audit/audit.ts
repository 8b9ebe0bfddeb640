import { and, desc, eq, like, lt, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { audit } from './audit.sql.ts'

/** The actor of a deed, with the call that it came by. */
export interface Author {
  /** The staff token's subject. */
  readonly subject: string
  readonly roles: ReadonlySet<string>
  readonly keyId?: string
  readonly origin?: { readonly requestId: string; readonly address?: string; readonly note?: string }
}

export interface Deed {
  readonly actor: Author | 'system'
  readonly action: string
  readonly tenantId?: TenantId
  readonly detail?: Record<string, unknown>
  /** The changed fields. */
  readonly before?: Record<string, unknown>
  readonly after?: Record<string, unknown>
}

export type AuditRow = typeof audit.$inferSelect

/** Records actions with their actor, in the action's own transaction. */
export async function appendAudit(tx: Tx, deeds: readonly Deed[]): Promise<void> {
  if (deeds.length === 0) return
  await tx.insert(audit).values(
    deeds.map(({ actor, action, tenantId, detail, before, after }) => ({
      ...authorColumns(actor),
      action,
      tenantId: tenantId ?? null,
      detail: detail ?? {},
      before: before ?? null,
      after: after ?? null,
    })),
  )
}

/** The columns of an audit row that say who acted. */
export function authorColumns(actor: Author | 'system') {
  if (actor === 'system') return { actor: 'system', roles: [], address: null, keyId: null, requestId: null, note: null }
  const { subject, roles, keyId, origin } = actor
  return {
    actor: subject,
    roles: [...roles].sort(),
    address: origin?.address ?? null,
    keyId: keyId ?? null,
    requestId: origin?.requestId ?? null,
    note: origin?.note ?? null,
  }
}

/**
 * The same for a statement that appends its rows itself: `insert into audit (${authorNames}, …) select ${authorValues},
 * … from …, ${authorFrom(json)}`, with `authorColumns` as JSON.
 */
export const authorNames = sql.raw('actor, roles, address, key_id, request_id, note')
export const authorValues = sql.raw(
  'author.actor, author.roles, author.address, author."keyId", author."requestId", author.note',
)
const authorTypes = sql.raw('actor text, roles text[], address text, "keyId" text, "requestId" text, note text')

export function authorFrom(json: SQL): SQL {
  return sql`jsonb_to_record(${json}::jsonb) as author (${authorTypes})`
}

export interface AuditQuery {
  readonly tenantId?: TenantId | undefined
  readonly actor?: string | undefined
  /** `tenant.create`, or a whole group: `tenant.`. */
  readonly action?: string | undefined
  /** The last id of the previous page. */
  readonly before?: number | undefined
  readonly limit: number
}

/** Newest first. */
export async function listAuditRows(tx: Tx, query: AuditQuery): Promise<readonly AuditRow[]> {
  return tx
    .select()
    .from(audit)
    .where(
      and(
        query.tenantId === undefined ? undefined : eq(audit.tenantId, query.tenantId),
        query.actor === undefined ? undefined : eq(audit.actor, query.actor),
        query.action === undefined ? undefined : matchesAction(query.action),
        query.before === undefined ? undefined : lt(audit.id, query.before),
      ),
    )
    .orderBy(desc(audit.id))
    .limit(query.limit)
}

function matchesAction(action: string) {
  return action.endsWith('.')
    ? like(audit.action, `${action.replaceAll(/[%_\\]/g, '\\$&')}%`)
    : eq(audit.action, action)
}

/** The latest action of a kind on a tenant. */
export async function findLatestDeed(tx: Tx, tenantId: TenantId, action: string): Promise<AuditRow | undefined> {
  const [row] = await tx
    .select()
    .from(audit)
    .where(and(eq(audit.tenantId, tenantId), eq(audit.action, action)))
    .orderBy(desc(audit.id))
    .limit(1)
  return row
}
