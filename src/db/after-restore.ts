import type { Database } from './connect.ts'

/**
 * Larger than the count of writes between any two backups while tenants move: no number issued after the backup, and so
 * perhaps in the store, is issued again.
 */
const writesMargin = 1_000_000_000
/** Larger than one tenant's moves between two backups: a place's name contains its generation and is never reused. */
const generationsMargin = 1_000

/** Tenants that `raiseAfterRestore` would hold; 0 before the first migration. */
export async function countToHold({ sql }: Pick<Database, 'sql'>): Promise<number> {
  const [there] = await sql<{ tenants: string | null }[]>`select to_regclass('tenants') as tenants`
  if (there?.tenants == null) return 0
  const [counted] = await sql<{ n: number }[]>`
    select count(*)::int as n from tenants where status::text not in ('held', 'offboarded')`
  return counted?.n ?? 0
}

/**
 * Makes a restored registry safe to start on; every replica has to be down. The registry has lost what came after the
 * backup, while the store still has it.
 *
 * - The numbers that must never be issued twice are raised: of writes, and of places.
 * - Every tenant is held: nobody is served until the store, or a person, says where its data is.
 * - Uploads that waited at the time of the backup end as failed: their documents may have been changed or deleted since.
 *
 * Running it twice only raises the numbers further.
 *
 * @returns how many tenants are held by this run, and how many uploads it ended.
 */
export async function raiseAfterRestore({
  sql,
}: Pick<Database, 'sql'>): Promise<{ readonly tenants: number; readonly uploads: number }> {
  return sql.begin(async (tx) => {
    await tx`select setval('write_seq', (select last_value from write_seq) + ${writesMargin}::bigint)`
    await tx`update tenants set last_generation = last_generation + ${generationsMargin}`
    const held = await tx`
      update tenants set status = 'held', held = jsonb_build_object('was', status, 'verdict', 'unchecked'), updated_at = now()
      where status not in ('held', 'offboarded')`
    const reason = { code: 'conflict', detail: 'The registry was restored from a backup meanwhile. Send it again.' }
    const uploads = await tx`
      update uploads set status = 'failed', reason = ${JSON.stringify(reason)}::jsonb, updated_at = now() where status <> 'failed'`
    await tx`update reconciliations set state = 'failed', claim = null, fault = 'the registry was restored', finished_at = now()
      where state = 'running'`
    await tx`insert into restores default values`
    return { tenants: held.count, uploads: uploads.count }
  })
}
