import { backoffMs } from '../../backoff.ts'
import { isPassing, pause, storeBackoff } from '../../concurrency/retry.ts'
import type { Db } from '../../db/connect.ts'
import { AppError, isAppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { findIndex, type IndexRow } from '../../registry/indexes.ts'
import { findReservedPlace, toPlacement } from '../../registry/places.ts'
import type { PlaceReservation } from '../../registry/reserve-places.ts'
import { findTenant, lockTenantRow, type TenantRow } from '../../registry/tenants.ts'
import type { VectorStore } from '../../stores/store.ts'
import { countAttempt } from '../places/cleanups.ts'
import type { TenantSettings } from '../places/settings.ts'
import { dropTenant } from '../places/withdraw-tenant.ts'
import { refusePlace } from './refuse-place.ts'
import { reserveAgain } from './reserve.ts'

export interface ProvisionDeps {
  readonly db: Db
  readonly stores: VectorStore
  readonly settings: TenantSettings
  /** Activates the place; many tenants share one transaction. */
  activate(place: PlaceReservation['place']): Promise<TenantRow | undefined>
  /** Waits for an index to be ready; see `makeIndex`. */
  indexReady(indexId: number): Promise<IndexRow | undefined>
  /** Called when this replica has just opened these indexes. */
  indexesOpened(indexIds: readonly number[]): void
}

interface Held extends PlaceReservation {
  /** Whether only this call has asked the store for the place, and got a clear answer. */
  readonly untouched: boolean
}

/**
 * Takes a tenant from `provisioning` to `active`, from any intermediate state: waits for its index, makes the
 * namespace, activates. Concurrent calls and repeats after a crash are harmless. While the store is unavailable it
 * keeps trying until `signal`.
 * @param fresh the reservation that the caller has just made.
 * @throws AppError `index_limit_reached` when there is no capacity and no index can be made; the tenant is withdrawn by
 *   then.
 */
export async function provisionTenant(
  deps: ProvisionDeps,
  tenantId: TenantId,
  fresh: PlaceReservation | undefined,
  signal: AbortSignal,
): Promise<TenantRow> {
  let next: Held | undefined = fresh === undefined ? undefined : { ...fresh, untouched: true }
  for (let failures = 0; ; failures++) {
    signal.throwIfAborted()
    const held = next ?? (await takeUp(deps, tenantId))
    if (held === undefined) {
      const tenant = await findTenant(deps.db, tenantId)
      if (tenant?.status === 'active') return tenant
      if (tenant?.status !== 'provisioning') throw noPlace()
      await pause(deps.settings.pollMs ?? 500, signal)
      continue
    }
    try {
      const active = await finish(deps, held, signal)
      if (active !== undefined) return active
      next = undefined
    } catch (error) {
      // A new index's address may not be known everywhere at once.
      if (!isPassing(error) && !isAppError(error, 'not_found')) throw error
      next = { ...held, untouched: false }
      await pause(backoffMs(storeBackoff, failures), signal)
    }
  }
}

/** Makes one try. Undefined: the reservation is gone, or was refused; look again. */
async function finish(deps: ProvisionDeps, held: Held, signal: AbortSignal): Promise<TenantRow | undefined> {
  const index = held.index.state === 'ready' ? held.index : await deps.indexReady(held.index.id)
  if (index === undefined) return undefined
  if (!held.untouched && !(await countAttempt(deps.db, held.place.id))) return undefined
  try {
    await deps.stores.open(toPlacement({ ...held.place, needsModel: false }, index)).createNamespace({ signal })
  } catch (error) {
    if (!isAppError(error, 'namespace_limit_reached')) throw error
    await refusePlace(deps, held.place, held.untouched)
    return undefined
  }
  return deps.activate(held.place)
}

/** Reads the remaining work for a tenant whose provisioning began earlier. */
async function takeUp(deps: ProvisionDeps, tenantId: TenantId): Promise<Held | undefined> {
  const tenant = await findTenant(deps.db, tenantId)
  if (tenant?.status !== 'provisioning') return undefined
  const place = await findReservedPlace(deps.db, tenantId)
  if (place !== undefined) {
    const index = await findIndex(deps.db, place.indexId)
    return index?.state === 'ready' || index?.state === 'creating' ? { place, index, untouched: false } : undefined
  }
  try {
    const again = await reserveAgain(deps, tenant)
    deps.indexesOpened(again?.opened ?? [])
    const [reservation] = again?.reservations ?? []
    return reservation && { ...reservation, untouched: true }
  } catch (error) {
    if (isAppError(error, 'index_limit_reached')) await giveUp(deps.db, tenant)
    throw error
  }
}

/** Withdraws the tenant, unless another process found it a place meanwhile. */
async function giveUp(db: Db, seen: TenantRow): Promise<void> {
  await db.transaction(async (tx) => {
    const now = await lockTenantRow(tx, seen.id)
    if (now?.status === 'provisioning' && now.lastGeneration === seen.lastGeneration) await dropTenant(tx, seen.id)
  })
}

function noPlace(): AppError {
  return new AppError(
    'index_limit_reached',
    'No shared index has capacity for the tenant and no further index could be made; nothing was kept of it.',
  )
}
