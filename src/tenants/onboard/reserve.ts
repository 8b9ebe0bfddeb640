import type { Db, Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { Author } from '../../registry/audit/audit.ts'
import { lockProjects } from '../../registry/projects.ts'
import { isOutOfCapacity, type PlaceReservation, reservePlaces } from '../../registry/reserve-places.ts'
import { listKnownTenants, type NewTenant, type TenantRow } from '../../registry/tenants.ts'
import type { TenantSettings } from '../places/settings.ts'
import { CapacityChanged, chooseOrOpenIndexes } from './open-indexes.ts'

export interface Order {
  readonly tenant: NewTenant
  readonly actor: Author
}

export interface Reserved {
  /** One an order, in order; undefined: the id is taken already. */
  readonly reservations: readonly (PlaceReservation | undefined)[]
  /** Newly opened indexes: the caller makes them. */
  readonly opened: readonly number[]
}

interface Deps {
  readonly db: Db
  readonly settings: TenantSettings
}

/**
 * The first transaction of onboarding, for many tenants at once: it chooses indexes, or opens some where none has
 * capacity, and `reservePlaces` writes the rest, all or nothing.
 * @throws AppError as `openIndex`; nothing was written.
 */
export async function reserve({ db, settings }: Deps, orders: readonly Order[]): Promise<Reserved> {
  if (orders.length === 0) return { reservations: [], opened: [] }
  return untilReserved(db, settings, (tx, mayOpen) => reserveIn(tx, settings, orders, mayOpen))
}

/** The same inside a transaction that `untilReserved` began. */
export async function reserveIn(
  tx: Tx,
  settings: TenantSettings,
  orders: readonly Order[],
  mayOpen: boolean,
): Promise<Reserved> {
  const firstOf = firstOrders(orders)
  const known = new Map((await listKnownTenants(tx, [...firstOf.keys()])).map((one) => [one.id, one]))
  const free = [...firstOf.values()].filter(({ tenant }) => known.get(tenant.id)?.isFree ?? true)
  const wanted = free.map(({ tenant }) => ({
    tenantId: tenant.id,
    generation: (known.get(tenant.id)?.lastGeneration ?? 0) + 1,
    kind: tenant.initialKind,
    region: tenant.region ?? settings.region,
  }))
  const { indexIds, opened } = await chooseOrOpenIndexes(tx, settings, wanted, mayOpen)
  const created = free.map((order) => ({ ...order, indexId: indexOf(indexIds, order.tenant.id) }))
  const reserved = new Map((await reservePlaces(tx, created)).map((one) => [one.place.tenantId, one]))
  // Another caller took an id meanwhile: an index may have been opened for nobody, or under an older generation's name.
  const isAsRead = wanted.every(({ tenantId, generation }) => reserved.get(tenantId)?.place.generation === generation)
  if (opened.length > 0 && !isAsRead) throw new CapacityChanged(false)
  const reservations = orders.map((order) => {
    const { id } = order.tenant
    return firstOf.get(id) === order ? reserved.get(id) : undefined
  })
  return { reservations, opened }
}

/**
 * Reserves another place for a provisioning tenant whose last place the store refused.
 * @returns undefined when another replica did so meanwhile.
 */
export async function reserveAgain(
  { db, settings }: Deps,
  { id: tenantId, lastGeneration, initialKind: kind, region }: TenantRow,
): Promise<Reserved | undefined> {
  return untilReserved(db, settings, async (tx, mayOpen) => {
    const want = { tenantId, generation: lastGeneration + 1, kind, region: region ?? settings.region }
    const { indexIds, opened } = await chooseOrOpenIndexes(tx, settings, [want], mayOpen)
    const waiting = { tenantId, lastGeneration, indexId: indexOf(indexIds, tenantId) }
    const reservations = await reservePlaces(tx, [], [waiting])
    if (reservations.length > 0) return { reservations, opened }
    if (opened.length > 0) throw new Outrun()
    return undefined
  }).catch((error: unknown) => {
    if (error instanceof Outrun) return undefined
    throw error
  })
}

/** Rolls back an index that was opened for a tenant which another replica has handled. */
class Outrun extends Error {}

/** The orders by id; a second order of an id finds it taken. */
export function firstOrders(orders: readonly Order[]): ReadonlyMap<TenantId, Order> {
  const first = new Map<TenantId, Order>()
  for (const order of orders) if (!first.has(order.tenant.id)) first.set(order.tenant.id, order)
  return first
}

function indexOf(indexIds: ReadonlyMap<TenantId, number>, tenantId: TenantId): number {
  const indexId = indexIds.get(tenantId)
  if (indexId === undefined) throw new Error(`No index was chosen for ${tenantId}.`)
  return indexId
}

/** A shard that fills up between the choice and the count is met again only by a burst over many replicas. */
const tries = 50

/** Runs a transaction that reserves places, again when capacity changed meanwhile, and with leave to open an index. */
export async function untilReserved<T>(
  db: Db,
  settings: TenantSettings,
  work: (tx: Tx, mayOpen: boolean) => Promise<T>,
): Promise<T> {
  let mayOpen = false
  for (let i = 0; i < tries; i++) {
    try {
      return await db.transaction(async (tx) => {
        if (mayOpen) await lockProjects(tx, settings.projects)
        return await work(tx, mayOpen)
      })
    } catch (error) {
      if (!(error instanceof CapacityChanged || isOutOfCapacity(error))) throw error
      mayOpen ||= error instanceof CapacityChanged && error.mayOpen
    }
  }
  const words = 'Too many tenants are being onboarded at once; try again.'
  throw new AppError('registry_unavailable', words, { retryAfterS: 1 })
}
