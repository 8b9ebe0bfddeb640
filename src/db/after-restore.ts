import type { Database } from './connect.ts'

/**
 * More than any installation writes between two backups while tenants move: a number that was given before the backup was
 * taken, and is in the store, is never given again.
 */
const writesMargin = 1_000_000_000
/** More moves than one tenant makes between two backups: a place's name holds its generation and is never used twice. */
const generationsMargin = 1_000

/**
 * After a restore from a backup the registry knows nothing of what came after it, while the store still has it. Raises the
 * numbers that must never be given twice. Done twice they are only higher.
 */
export async function raiseAfterRestore({ sql }: Pick<Database, 'sql'>): Promise<{ readonly tenants: number }> {
  return sql.begin(async (tx) => {
    await tx`select setval('write_seq', (select last_value from write_seq) + ${writesMargin}::bigint)`
    const raised = await tx`update tenants set last_generation = last_generation + ${generationsMargin}`
    return { tenants: raised.count }
  })
}
