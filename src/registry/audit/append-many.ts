import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type Author, authorColumns, authorFrom, authorNames, authorValues } from './audit.ts'

/** One of many deeds of the same actor. */
export interface ManyDeed {
  readonly action: string
  readonly tenantId: TenantId
  readonly detail: Readonly<Record<string, unknown>>
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}

/** Records any number of deeds of one actor in one statement, in the deeds' own transaction. */
export async function appendManyDeeds(tx: Tx, actor: Author | 'system', deeds: readonly ManyDeed[]): Promise<void> {
  if (deeds.length === 0) return
  const of = (pick: (deed: ManyDeed) => string | null) => sql.param(deeds.map(pick))
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value))
  await tx.execute(sql`
    insert into audit (${authorNames}, action, tenant_id, detail, before, after)
    select ${authorValues}, d.action, d.tenant_id, d.detail::jsonb, d.before::jsonb, d.after::jsonb
    from unnest(
      ${of(({ action }) => action)}::text[], ${of(({ tenantId }) => tenantId)}::text[],
      ${of(({ detail }) => json(detail))}::text[], ${of(({ before }) => json(before))}::text[],
      ${of(({ after }) => json(after))}::text[]
    ) as d (action, tenant_id, detail, before, after), ${authorFrom(sql`${JSON.stringify(authorColumns(actor))}`)}`)
}
