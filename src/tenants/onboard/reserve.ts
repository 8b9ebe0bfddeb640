import type { Db, Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { lockProjects } from '../../registry/projects.ts'
import { claimTenants, type NewTenant, raiseGeneration, type TenantRow } from '../../registry/tenants.ts'
import type { TenantSettings } from '../places/settings.ts'
import { type Reservation, type Seats, SeatsChanged, takeSeats } from './take-seats.ts'

export interface Order {
  readonly tenant: NewTenant
  /** The member of staff who asked for it. */
  readonly actor: string
}

export interface Reserved {
  /** One result per order, in order; undefined: the id is taken. */
  readonly reservations: readonly (Reservation | undefined)[]
  readonly opened: readonly number[]
}

interface Deps {
  readonly db: Db
  readonly settings: TenantSettings
}

/**
 * The first transaction of onboarding, for many tenants at once: writes their rows, places, cleanups and the indexes'
 * counters, all or nothing.
 * @throws AppError as `openIndex`; nothing was written.
 */
export async function reserve({ db, settings }: Deps, orders: readonly Order[]): Promise<Reserved> {
  if (orders.length === 0) return { reservations: [], opened: [] }
  const firstOf = new Map<TenantId, Order>()
  for (const order of orders) if (!firstOf.has(order.tenant.id)) firstOf.set(order.tenant.id, order)
  return untilSeated(db, settings, async (tx, mayOpen) => {
    const generations = await claimTenants(
      tx,
      [...firstOf.values()].map((order) => order.tenant),
    )
    const claimed = [...firstOf.values()].flatMap((order) => {
      const generation = generations.get(order.tenant.id)
      return generation === undefined ? [] : [{ ...order, generation }]
    })
    const seats = await takeSeats(
      tx,
      settings,
      claimed.map(({ tenant, generation }) => ({
        tenantId: tenant.id,
        generation,
        kind: tenant.initialKind,
        region: tenant.region ?? settings.region,
      })),
      mayOpen,
    )
    await appendAudit(
      tx,
      claimed.map(({ tenant, actor }) => ({
        actor,
        action: 'tenant.create',
        tenantId: tenant.id,
        detail: { name: tenant.name, tier: tenant.tier, startsIn: tenant.initialKind },
      })),
    )
    const byTenant = new Map(seats.reservations.map((one) => [one.place.tenantId, one]))
    return {
      reservations: orders.map((order) =>
        firstOf.get(order.tenant.id) === order ? byTenant.get(order.tenant.id) : undefined,
      ),
      opened: seats.opened,
    }
  })
}

/**
 * Reserves another place for a provisioning tenant whose first place the store refused.
 * @returns nothing when another process did so meanwhile.
 */
export async function reserveAgain({ db, settings }: Deps, tenant: TenantRow): Promise<Seats | undefined> {
  return untilSeated(db, settings, async (tx, mayOpen) => {
    const generation = await raiseGeneration(tx, tenant.id, tenant.lastGeneration)
    if (generation === undefined) return undefined
    const region = tenant.region ?? settings.region
    return takeSeats(tx, settings, [{ tenantId: tenant.id, generation, kind: tenant.initialKind, region }], mayOpen)
  })
}

/** A shard fills up between the choice and the count repeatedly only under a burst over many replicas. */
const tries = 50

async function untilSeated<T>(
  db: Db,
  settings: TenantSettings,
  seat: (tx: Tx, mayOpen: boolean) => Promise<T>,
): Promise<T> {
  let mayOpen = false
  for (let i = 0; i < tries; i++) {
    try {
      return await db.transaction(async (tx) => {
        if (mayOpen) await lockProjects(tx, settings.projects)
        return await seat(tx, mayOpen)
      })
    } catch (error) {
      if (!(error instanceof SeatsChanged)) throw error
      mayOpen ||= error.mayOpen
    }
  }
  throw new AppError('registry_unavailable', 'Too many tenants are being onboarded at once; try again.', {
    retryAfterS: 1,
  })
}
