import type { Tx } from '../db/connect.ts'
import { takePermits } from '../registry/permits/take-permits.ts'
import { type PermitSource, shareOfRest } from './permit-source.ts'

/**
 * Permits that all replicas share, counted in Postgres. @param database its `db` is read on each call, since it may be
 * replaced.
 */
export function postgresPermits(database: { readonly db: Tx }): PermitSource {
  return { take: (asks) => takePermits(database.db, asks, shareOfRest) }
}
