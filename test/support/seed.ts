import type { Database } from '../../src/db/connect.ts'
import { parseTenantId, type TenantId } from '../../src/placement/tenant-id.ts'

export interface SeedOptions {
  readonly id?: string
  readonly host?: string
  readonly dimension?: number
  readonly indexName?: string
  readonly model?: string
  readonly metric?: 'cosine' | 'dotproduct'
}

/** A tenant in a shared index as onboarding leaves it, written straight into the rows: for tests below the verbs. */
export async function seedTenant({ sql }: Pick<Database, 'sql'>, options: SeedOptions = {}): Promise<TenantId> {
  const { id = 'acme', host = 'http://127.0.0.1:9', dimension = 4, indexName = 'tr-pool-1' } = options
  const { model = 'test', metric = 'cosine' } = options
  const tenantId = parseTenantId(id)
  const namespace = `tenant_${id}_g1`
  await sql`insert into indexes (project, name, kind, ordinal, host, cloud, region, embedding_model, dimension, metric, namespace_limit, namespaces_used, state)
    values ('default', ${indexName}, 'pool', 1, ${host}, 'aws', 'us-east-1', ${model}, ${dimension}, ${metric}, 1000, 0, 'ready') on conflict do nothing`
  await sql`update indexes set namespaces_used = namespaces_used + 1 where name = ${indexName}`
  await sql`insert into tenants (id, name, tier, status, last_generation) values (${id}, ${id}, 'standard', 'active', 1)`
  await sql`with place as (
      insert into places (tenant_id, index_id, project, index_name, namespace, generation, state)
      select ${id}, indexes.id, project, name, ${namespace}, 1, 'active' from indexes where name = ${indexName} returning id)
    insert into routing (tenant_id, epoch, phase, active_place_id) select ${id}, 1, 'steady', place.id from place`
  return tenantId
}
