import { isDeepStrictEqual } from 'node:util'
import type { StaffPrincipal } from '../auth/principal.ts'
import { AppError } from '../errors.ts'
import { whyNoModelThere } from '../moves/target/relocation.ts'
import type { Tier } from '../placement/placement.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { findTenant, type NewTenant, type TenantRow } from '../registry/tenants.ts'
import { within } from '../within.ts'
import type { TenantWork } from './onboard/tenant-work.ts'
import { findView, type TenantView, viewOfNew } from './tenant-view.ts'

export interface CreateTenantInput {
  readonly id: TenantId
  readonly name: string
  readonly tier?: Tier | undefined
  readonly region?: string | undefined
  readonly limits?: Record<string, number> | undefined
  readonly attributes?: Record<string, string | number | boolean> | undefined
}

export interface CreatedTenant {
  /** `provisioning`: its place is not ready yet, the work goes on. `exists`: it was created earlier. */
  readonly outcome: 'created' | 'provisioning' | 'exists'
  readonly tenant: TenantView
}

/**
 * Onboards a tenant: into a namespace of the fullest shared index with capacity, or, for an enterprise tenant at the
 * platform team's request, into its own index. A repeat returns the present state and resumes what was left unfinished.
 * @throws AppError `forbidden` (limits belong to the platform team), `conflict` (the id is in use with other content,
 *   or is being offboarded), `invalid_request` (its model may not be used for its region), `index_limit_reached` (no capacity, and no further index allowed; nothing is kept)
 */
export async function createTenant(
  deps: Pick<TenantWork, 'db' | 'settings' | 'reserve' | 'provision' | 'restoreGate'>,
  actor: StaffPrincipal,
  input: CreateTenantInput,
): Promise<CreatedTenant> {
  if (Object.keys(input.limits ?? {}).length > 0 && !actor.roles.has('platform')) {
    throw new AppError('forbidden', 'Only the platform team sets limits. Leave `limits` out.')
  }
  const { settings } = deps
  const foreign = whyNoModelThere(settings, settings.embeddingModel, input.region ?? settings.region)
  if (foreign !== undefined)
    throw new AppError('invalid_request', foreign, { faults: [{ path: 'region', message: foreign }] })
  await deps.restoreGate.pass()
  const tenant = newTenant(actor, input)
  const reservation = await deps.reserve({ tenant, actor })
  if (reservation === undefined) return createAgain(deps, tenant)
  const active = await within(deps.settings.provisionWaitMs, deps.provision(tenant.id, reservation))
  if (active === undefined) return { outcome: 'provisioning', tenant: await view(deps, tenant.id) }
  // The store may have refused it the first place: then the answer is looked up.
  return active.lastGeneration === reservation.place.generation
    ? { outcome: 'created', tenant: viewOfNew(active, reservation) }
    : { outcome: 'created', tenant: await view(deps, tenant.id) }
}

async function createAgain(
  deps: Pick<TenantWork, 'db' | 'settings' | 'provision'>,
  wanted: NewTenant,
): Promise<CreatedTenant> {
  const there = await findTenant(deps.db, wanted.id)
  // An offboarded one's id is free, unless its adoption is being undone at this moment.
  if (there === undefined || there.status === 'offboarded') {
    throw new AppError('conflict', 'The tenant was being changed by someone else; try again.')
  }
  if (!isSame(there, wanted)) throw new AppError('conflict', 'A tenant with this id exists with other content.')
  if (there.status === 'offboarding') {
    throw new AppError('conflict', 'The tenant is being offboarded; create it again when that is done.')
  }
  if (there.status === 'provisioning') {
    const active = await within(deps.settings.provisionWaitMs, deps.provision(there.id))
    if (active === undefined) return { outcome: 'provisioning', tenant: await view(deps, there.id) }
  }
  return { outcome: 'exists', tenant: await view(deps, there.id) }
}

function newTenant(actor: StaffPrincipal, input: CreateTenantInput): NewTenant {
  const tier = input.tier ?? 'standard'
  return {
    id: input.id,
    name: input.name,
    tier,
    region: input.region ?? null,
    limits: input.limits ?? {},
    attributes: input.attributes ?? {},
    initialKind: tier === 'enterprise' && actor.roles.has('platform') ? 'silo' : 'pool',
  }
}

function isSame(there: TenantRow, wanted: NewTenant): boolean {
  const { name, tier, region, limits, attributes } = there
  return isDeepStrictEqual(
    { name, tier, region, limits, attributes },
    {
      name: wanted.name,
      tier: wanted.tier,
      region: wanted.region,
      limits: wanted.limits,
      attributes: wanted.attributes,
    },
  )
}

async function view({ db }: Pick<TenantWork, 'db'>, id: TenantId): Promise<TenantView> {
  const found = await findView(db, id)
  if (found === undefined) throw new AppError('conflict', 'The tenant was being changed by someone else; try again.')
  return found
}
