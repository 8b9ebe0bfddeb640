import { connect } from '../../src/db/connect.ts'

/**
 * Writes tenants straight into the rows, as onboarding leaves them: onboarding has a benchmark of its own. They are
 * named `tenant-0` and so on, in full shared indexes after the existing ones.
 */
export async function fillRegistry(databaseUrl: string, tenants: number): Promise<void> {
  // A million rows take more than the minute after which the service gives a statement up.
  await using database = connect({ url: databaseUrl, max: 1, patienceMs: Number.POSITIVE_INFINITY })
  const { sql } = database
  // Rows that fit together by how they are made need no check of each, and the index of trigrams is quicker made at once.
  await sql`set session_replication_role = replica`
  const trigrams = await sql<{ definition: string }[]>`
    select indexdef as definition from pg_indexes where indexname = 'tenants_searched'`
  await sql`drop index if exists tenants_searched`
  const shards = Math.ceil(tenants / 10_000)
  await sql`
    insert into indexes (project, name, kind, ordinal, host, cloud, region, embedding_model, dimension, metric, namespace_limit, namespaces_used, state)
    select 'default', 'tenant-router-pool-' || n, 'pool', n, 'https://tenant-router-pool-' || n || '-abc1234.svc.aped-4627-b74a.pinecone.io',
      'aws', 'us-east-1', coalesce((select min(embedding_model) from indexes), 'bench'), 512, 'cosine', 10000, 10000, 'ready'
    from generate_series(1001, ${1000 + shards}) n`
  await sql`
    insert into tenants (id, name, tier, status, last_generation)
    select 'tenant-' || n, 'Tenant ' || n, 'standard', 'active', 1 from generate_series(0, ${tenants - 1}) n`
  await sql`
    insert into places (tenant_id, index_id, project, index_name, namespace, generation, state)
    select 'tenant-' || n, i.id, 'default', i.name, 'tenant_tenant-' || n || '_g1', 1, 'active'
    from generate_series(0, ${tenants - 1}) n join indexes i on i.ordinal = n / 10000 + 1001`
  await sql`
    insert into routing (tenant_id, epoch, phase, active_place_id)
    select tenant_id, 1, 'steady', id from places where tenant_id like 'tenant-%' on conflict do nothing`
  for (const { definition } of trigrams) await sql.unsafe(definition)
  await sql`analyze`
}
