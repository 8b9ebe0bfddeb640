import type { Database } from './connect.ts'

/**
 * Larger than the count of writes between any two backups while tenants move: no number issued after the backup, and so
 * perhaps in the store, is issued again.
 */
const writesMargin = 1_000_000_000
/** Larger than one tenant's moves between two backups: a place's name contains its generation and is never reused. */
const generationsMargin = 1_000

/**
 * Raises the numbers that must never be issued twice. After a restore from a backup, the registry has lost what came
 * later, while the store still has it. Running it twice only raises them further.
 */
export async function raiseAfterRestore({ sql }: Pick<Database, 'sql'>): Promise<{ readonly tenants: number }> {
  return sql.begin(async (tx) => {
    await tx`select setval('write_seq', (select last_value from write_seq) + ${writesMargin}::bigint)`
    const raised = await tx`update tenants set last_generation = last_generation + ${generationsMargin}`
    return { tenants: raised.count }
  })
}
