import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantStatus } from '../../placement/phase.ts'
import type { Tier } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'

export type Attributes = Readonly<Record<string, string | number | boolean>>

/** The columns of a tenant that an import compares and changes. */
export interface ImportedTenant {
  readonly id: TenantId
  readonly name: string
  readonly tier: Tier
  readonly status: TenantStatus
  readonly region: string | null
  readonly attributes: Attributes
}

const columns = sql.raw('id, name, tier, status, region, attributes')

type Row = Record<string, unknown> & ImportedTenant

/** Tenants with these ids, and those that carry these CRM ids. */
export async function findImportedTenants(
  tx: Tx,
  ids: readonly TenantId[],
  crmIds: readonly string[],
): Promise<readonly ImportedTenant[]> {
  return tx.execute<Row>(sql`
    select ${columns} from tenants where id = any(${sql.param([...ids])}::text[])
    union
    select ${columns} from tenants where attributes ->> 'crmId' = any(${sql.param([...crmIds])}::text[])`)
}

/** Reads tenants and locks their rows until the transaction ends, in the order of their ids. */
export async function lockImportedTenants(tx: Tx, ids: readonly TenantId[]): Promise<readonly ImportedTenant[]> {
  return tx.execute<Row>(sql`
    select ${columns} from tenants where id = any(${sql.param([...ids])}::text[]) order by id for update`)
}

/** Writes name, tier and attributes of locked tenants in one statement. */
export async function updateImportedTenants(
  tx: Tx,
  tenants: readonly Pick<ImportedTenant, 'id' | 'name' | 'tier' | 'attributes'>[],
): Promise<void> {
  if (tenants.length === 0) return
  const of = (pick: (tenant: (typeof tenants)[number]) => string) => sql.param(tenants.map(pick))
  await tx.execute(sql`
    update tenants set name = t.name, tier = t.tier, attributes = t.attributes::jsonb, updated_at = now(),
      tier_since = case when tenants.tier = t.tier then tier_since else now() end
    from unnest(
      ${of(({ id }) => id)}::text[], ${of(({ name }) => name)}::text[], ${of(({ tier }) => tier)}::text[],
      ${of(({ attributes }) => JSON.stringify(attributes))}::text[]
    ) as t (id, name, tier, attributes)
    where tenants.id = t.id`)
}

/** Those of the tenants that have an open move. */
export async function listMoving(tx: Tx, ids: readonly TenantId[]): Promise<ReadonlySet<string>> {
  const rows = await tx.execute<{ id: string }>(sql`
    select tenant_id as id from moves where ended_at is null and tenant_id = any(${sql.param([...ids])}::text[])`)
  return new Set(rows.map(({ id }) => id))
}
