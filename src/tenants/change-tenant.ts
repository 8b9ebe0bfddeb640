import { isDeepStrictEqual } from 'node:util'
import type { StaffPrincipal } from '../auth/principal.ts'
import { AppError } from '../errors.ts'
import type { Tier } from '../placement/placement.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { appendAudit } from '../registry/audit/audit.ts'
import { lockTenantRow, type TenantRow, updateTenant } from '../registry/tenants.ts'
import { tickRouting } from '../routing/change-routing.ts'
import type { TenantWork } from './onboard/tenant-work.ts'
import { isSalesAttribute, salesAttributes } from './sales-attributes.ts'
import { showTenant } from './show-tenant.ts'
import type { TenantView } from './tenant-view.ts'

/** `limits` and `attributes` replace the old ones completely; those that sales gives replace sales' own alone. */
export interface TenantChange {
  readonly name?: string | undefined
  readonly tier?: Tier | undefined
  readonly limits?: Record<string, number> | undefined
  /** When its own limits end; null, or new limits without it: never. */
  readonly limitsUntil?: Date | null | undefined
  readonly attributes?: Record<string, string | number | boolean> | undefined
}

/** Fields as somebody read them before deciding on a change; those that are not given are not compared. */
type SeenTenant = TenantChange

/**
 * Changes a tenant's attributes. A new tier moves nothing: an enterprise tenant in a shared index then awaits
 * promotion.
 * @throws AppError `forbidden` (limits, and attributes that are not sales' own, belong to the platform team),
 *   `not_found`, `conflict` (it is being offboarded, or was; or a field of `was` is another by now)
 */
export async function changeTenant(
  deps: Pick<TenantWork, 'db'>,
  actor: StaffPrincipal,
  tenantId: TenantId,
  change: TenantChange,
  was: SeenTenant = {},
): Promise<TenantView> {
  const { limits, limitsUntil } = change
  const isPlatform = actor.roles.has('platform')
  if ([limits, limitsUntil].some((field) => field !== undefined) && !isPlatform) {
    throw new AppError('forbidden', 'Only the platform team changes limits.')
  }
  await deps.db.transaction(async (tx) => {
    const tenant = await lockTenantRow(tx, tenantId)
    if (tenant === undefined) throw new AppError('not_found', 'There is no such tenant.')
    if (tenant.status === 'offboarding' || tenant.status === 'offboarded') {
      throw new AppError('conflict', 'The tenant is offboarded and can no longer be changed.')
    }
    checkSeen(tenant, was)
    const attributes = isPlatform ? change.attributes : attributesOfSales(tenant.attributes, change.attributes)
    const until = limits === undefined ? limitsUntil : (limitsUntil ?? null)
    const fresh = differences(tenant, { ...change, attributes, limitsUntil: until })
    if (Object.keys(fresh).length === 0) return
    await updateTenant(tx, tenantId, fresh)
    const from = Object.fromEntries(Object.keys(fresh).map((field) => [field, tenant[field as keyof TenantRow]]))
    const action = fresh.tier === undefined ? 'tenant.change' : 'tenant.tag'
    await appendAudit(tx, [{ actor, action, tenantId, before: from, after: fresh }])
    const limited = fresh.limits !== undefined || fresh.limitsUntil !== undefined
    if (fresh.tier !== undefined || limited) await tickRouting(tx, tenantId)
  })
  return showTenant(deps, tenantId)
}

/** @throws AppError `conflict` that says each field which is another one than its reader saw */
function checkSeen(tenant: TenantRow, { attributes, limits, ...plain }: SeenTenant): void {
  const named = Object.entries(plain).filter(([, value]) => value !== undefined)
  const others = [
    ...named.flatMap(([name, value]) => overtaken(name, value, tenant[name as keyof TenantRow])),
    ...(limits === undefined ? [] : overtakenIn(limits, tenant.limits)),
    ...(attributes === undefined ? [] : overtakenIn(attributes, tenant.attributes)),
  ]
  if (others.length === 0) return
  throw new AppError('conflict', `Somebody has changed the tenant meanwhile: ${others.join(', ')}.`)
}

type Fields = Readonly<Record<string, unknown>>

function overtakenIn(seen: Fields, now: Fields): readonly string[] {
  const names = new Set([...Object.keys(seen), ...Object.keys(now)])
  return [...names].flatMap((name) => overtaken(name, seen[name], now[name]))
}

function overtaken(name: string, seen: unknown, now: unknown): readonly string[] {
  if (isDeepStrictEqual(seen, now)) return []
  return [now === undefined || now === null ? `${name} is not set by now` : `${name} is ${JSON.stringify(now)} by now`]
}

/**
 * The attributes after a change by sales: its own are replaced as a whole, the others stay.
 * @throws AppError `forbidden` for another one, unless it is given as it is.
 */
function attributesOfSales(present: Attributes, given: Attributes | undefined): Attributes | undefined {
  if (given === undefined) return undefined
  const foreign = Object.keys(given).find((name) => !isSalesAttribute(name) && given[name] !== present[name])
  if (foreign !== undefined) {
    const own = salesAttributes.join(', ')
    throw new AppError('forbidden', `Only the platform team changes the attribute ${foreign}. Sales changes ${own}.`)
  }
  const others = Object.entries(present).filter(([name]) => !isSalesAttribute(name))
  return { ...Object.fromEntries(others), ...given }
}

type Attributes = Record<string, string | number | boolean>

function differences(tenant: TenantRow, change: TenantChange): Parameters<typeof updateTenant>[2] {
  return Object.fromEntries(
    Object.entries(change).filter(
      ([field, value]) => value !== undefined && !isDeepStrictEqual(value, tenant[field as keyof TenantRow]),
    ),
  )
}
