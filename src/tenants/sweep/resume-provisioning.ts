import { eachLimited } from '../../concurrency/each-limited.ts'
import { listAbandoned } from '../../registry/index-creation.ts'
import type { IndexRow } from '../../registry/indexes.ts'
import { findPlace, isRoutedTo } from '../../registry/places.ts'
import { findTenant, listByStatus } from '../../registry/tenants.ts'
import { within } from '../../within.ts'
import { sweepDeletingIndex } from '../indexes/abandon-index.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { listDueCleanups } from '../places/cleanups.ts'
import { emptyPlace } from '../places/empty-place.ts'
import { freePlace } from '../places/free-place.ts'

const atOnce = 16
const atMost = 1000

/**
 * Resumes onboardings left unfinished by a dead replica or a failing store: indexes whose maker is gone, tenants still
 * provisioning, places that were given up. Call it at startup (`olderThanMs` 0) and periodically (older than anyone
 * would wait for). Any number of replicas may do so at once.
 * @returns how many tenants became active, and how many need another try; faults are logged.
 */
export async function resumeProvisioning(
  deps: TenantWork,
  { olderThanMs = 0, signal = AbortSignal.timeout(600_000) }: { olderThanMs?: number; signal?: AbortSignal } = {},
): Promise<{ readonly done: number; readonly failed: number }> {
  const { db } = deps
  const making = await listAbandoned(db, 'creating')
  await eachLimited(making, atOnce, async (index) => {
    if (await isOnboardings(deps, index)) await inTime(deps, deps.indexReady(index.id))
  })
  const waiting = await listByStatus(db, 'provisioning', olderThanMs, atMost)
  const outcome = await eachLimited(waiting, atOnce, (tenantId) => inTime(deps, deps.provision(tenantId)))
  await eachLimited(await listDueCleanups(db, atMost), atOnce, (placeId) => sweepPlace(deps, placeId, signal))
  const deleting = await listAbandoned(db, 'deleting')
  await eachLimited(deleting, atOnce, (index) => sweepDeletingIndex(deps, index.id, signal))
  return outcome
}

/** Limits the wait: one hanging tenant must not block the others; its work goes on. */
async function inTime({ settings }: TenantWork, work: Promise<unknown>): Promise<void> {
  await within(settings.provisionWaitMs, work, () => {
    throw new Error('it takes longer')
  })
}

/** A silo of a tenant that is not being provisioned belongs to a move. */
async function isOnboardings({ db }: Pick<TenantWork, 'db'>, index: IndexRow): Promise<boolean> {
  return index.tenantId === null || (await findTenant(db, index.tenantId))?.status === 'provisioning'
}

async function sweepPlace(deps: TenantWork, placeId: number, signal: AbortSignal): Promise<void> {
  const place = await findPlace(deps.db, placeId)
  if (place?.state !== 'retiring' || (await isRoutedTo(deps.db, placeId))) return
  await emptyPlace(deps, place, signal)
  await deps.db.transaction((tx) => freePlace(tx, place))
}
