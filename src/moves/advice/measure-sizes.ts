import { sql } from 'drizzle-orm'
import type { Db } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { findIndex } from '../../registry/indexes.ts'
import { findPlace, toPlacement } from '../../registry/places.ts'
import { tenantSizes } from '../../registry/usage/usage.sql.ts'
import type { VectorStore } from '../../stores/store.ts'

interface Deps {
  readonly db: Db
  readonly stores: VectorStore
  readonly signal: AbortSignal
}

/** Calls of a round, at most. */
const atMost = 100
const againAfterHours = 1

/**
 * Asks the store for tenants' record counts, the oldest counts first. It skips tenants without a request since, whose
 * count cannot have changed.
 * @returns how many were counted.
 */
export async function measureSizes({ db, stores, signal }: Deps): Promise<number> {
  const due = await db.execute<{ place: string }>(sql`
    select p.id as place
    from tenants t
    join places p on p.tenant_id = t.id and p.state = 'active'
    left join tenant_sizes s on s.tenant_id = t.id
    where t.status in ('active', 'suspended')
      and (s.measured_at is null or s.measured_at < now() - ${againAfterHours} * interval '1 hour')
      and exists (select 1 from tenant_requests r where r.tenant_id = t.id
        and r.day >= coalesce((s.measured_at at time zone 'utc')::date, '-infinity'::date))
    order by s.measured_at nulls first limit ${atMost}`)
  let counted = 0
  const away = new Set<string>()
  for (const { place: placeId } of due) {
    signal.throwIfAborted()
    const place = await findPlace(db, Number(placeId))
    const index = place && (await findIndex(db, place.indexId))
    if (place === undefined || !index?.host || away.has(place.project)) continue
    const records = await countRecords(stores, toPlacement(place, index), signal)
    // One that does not answer is not waited for a hundred times.
    if (records === 'away') away.add(place.project)
    if (records === 'away' || records === undefined) continue
    const now = { records, measuredAt: sql`now()` }
    const values = { tenantId: place.tenantId, ...now }
    await db.insert(tenantSizes).values(values).onConflictDoUpdate({ target: tenantSizes.tenantId, set: now })
    // The count of the day, for usage and costs.
    await db.execute(sql`
      update tenant_requests set records = ${records}
      where tenant_id = ${place.tenantId} and day = (now() at time zone 'utc')::date`)
    counted += 1
  }
  return counted
}

/** Undefined when the place has no namespace; `away`: the store is unavailable, ask again in the next round. */
async function countRecords(
  stores: VectorStore,
  placement: ReturnType<typeof toPlacement>,
  signal: AbortSignal,
): Promise<number | undefined | 'away'> {
  try {
    return (await stores.open(placement).describeNamespace({ signal }))?.recordCount
  } catch (error) {
    if (error instanceof AppError) return 'away'
    throw error
  }
}
