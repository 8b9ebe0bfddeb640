import { desc, isNull, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { restores } from './restores.sql.ts'

export type RestoreRow = typeof restores.$inferSelect

/** The last restore of the registry, whether the store was compared since or not. */
export async function findLastRestore(tx: Tx): Promise<RestoreRow | undefined> {
  const [row] = await tx.select().from(restores).orderBy(desc(restores.id)).limit(1)
  return row
}

/** Notes that the store was compared since all restores up to this one. */
export async function setChecked(tx: Tx, { id }: RestoreRow): Promise<void> {
  await tx
    .update(restores)
    .set({ checkedAt: sql`now()` })
    .where(sql`${restores.id} <= ${id} and ${isNull(restores.checkedAt)}`)
}

/**
 * Keeps new tenants out while nobody knows what the store has: an id may be in use there. Replicas start after a
 * restore, so once it is checked the registry is not asked again.
 */
export class RestoreGate {
  readonly #db: Tx
  #isOpen = false

  constructor(db: Tx) {
    this.#db = db
  }

  /** @throws AppError `conflict` */
  async pass(): Promise<void> {
    if (this.#isOpen) return
    const [unchecked] = await this.#db
      .select({ id: restores.id })
      .from(restores)
      .where(isNull(restores.checkedAt))
      .limit(1)
    if (unchecked !== undefined) {
      const words = 'The registry was restored from a backup. First compare it: tenant-router reconcile --from-store'
      throw new AppError('conflict', words)
    }
    this.#isOpen = true
  }
}
