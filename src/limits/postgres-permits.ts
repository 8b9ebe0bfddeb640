import type { Tx } from '../db/connect.ts'
import { takePermits } from '../registry/take-permits.ts'
import { type PermitSource, shareOfRest } from './permit-source.ts'

/** Permits that all replicas share, counted in Postgres. */
export function postgresPermits(db: Tx): PermitSource {
  return { take: (asks) => takePermits(db, asks, shareOfRest) }
}
