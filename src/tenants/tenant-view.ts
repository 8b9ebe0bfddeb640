import { and, asc, eq, gt, inArray, isNull, ne, or, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { DeletionReceipt, SignedDeletionReceipt } from '../evidence/deletion-receipt.ts'
import { backingStates, type MoveInTheWay, moveInTheWay } from '../moves/state/in-the-way.ts'
import type { MoveKind, MoveState } from '../moves/state/move-state.ts'
import { moves } from '../moves/state/moves.sql.ts'
import type { Held, TenantStatus } from '../placement/phase.ts'
import type { PlaceKind, Tier } from '../placement/placement.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { indexes } from '../registry/indexes.sql.ts'
import { isCustomer } from '../registry/is-customer.ts'
import type { OffboardingRow } from '../registry/offboardings/offboardings.ts'
import { places } from '../registry/places.sql.ts'
import type { PlaceReservation } from '../registry/reserve-places.ts'
import { containsText, isAmongFirst } from '../registry/search-tenants.ts'
import { tenants } from '../registry/tenants.sql.ts'
import type { TenantRow } from '../registry/tenants.ts'

/** A tenant as staff see it. */
export interface TenantView {
  readonly id: TenantId
  readonly name: string
  readonly tier: Tier
  readonly status: TenantStatus
  readonly region: string | null
  /** Its own limits, which override its tier's. */
  readonly limits: Readonly<Record<string, number>>
  /** Time from which the tier's limits apply again; null: never. */
  readonly limitsUntil: string | null
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  /** An enterprise tenant in a shared index that no open promote brings out of it. */
  readonly awaitingPromotion: boolean
  /** When it was tagged, while it awaits promotion. */
  readonly awaitingSince: string | null
  /** While it awaits promotion: the open move that has to end before. */
  readonly inTheWay: MoveInTheWay | null
  /** Null before the first place, and after the last is gone. */
  readonly placement: { readonly kind: PlaceKind; readonly index: string; readonly generation: number } | null
  /** The move under way. */
  readonly move: { readonly id: string; readonly kind: MoveKind; readonly state: MoveState } | null
  /** Set while the tenant is held after a restore of the registry. */
  readonly held: Held | null
  readonly createdAt: string
  readonly updatedAt: string
  /** Deletion receipt of an offboarded tenant. */
  readonly deletionReceipt?: ShownReceipt
}

/** A receipt's own fields beside its signature. Receipts of earlier versions have the first three fields alone. */
export type ShownReceipt = Pick<DeletionReceipt, 'deletedAt' | 'places' | 'documents'> &
  Partial<DeletionReceipt & Omit<SignedDeletionReceipt, 'receipt'>> & { readonly rechecks?: OffboardingRow['rechecks'] }

export interface TenantFilter {
  /** Part of the id, the name or an attribute, case-insensitive. */
  readonly search?: string | undefined
  /** Only these. */
  readonly ids?: readonly TenantId[] | undefined
  /** A whole attribute: `crmId:0015`. */
  readonly attribute?: string | undefined
  readonly tier?: Tier | undefined
  readonly status?: TenantStatus | undefined
  readonly awaitingPromotion?: boolean | undefined
  /** Whether canaries of `prove-isolation` are among them; default: they are not. */
  readonly canaries?: boolean | undefined
  readonly limit: number
  /** The last id of the previous page. */
  readonly after?: string | undefined
}

const isAwaiting = and(
  eq(tenants.tier, 'enterprise'),
  inArray(tenants.status, ['active', 'suspended']),
  eq(indexes.kind, 'pool'),
  // No other move takes the tag's effect away, and a promote that goes back does not bring it.
  or(isNull(moves.id), ne(moves.kind, 'promote'), inArray(moves.state, [...backingStates])),
) as SQL

function viewQuery(db: Tx) {
  return db
    .select({
      tenant: tenants,
      awaitingPromotion: sql<boolean>`coalesce(${isAwaiting}, false)`,
      place: { index: places.indexName, generation: places.generation },
      kind: indexes.kind,
      move: { id: moves.id, kind: moves.kind, state: moves.state, retainUntil: moves.retainUntil },
    })
    .from(tenants)
    .leftJoin(places, and(eq(places.tenantId, tenants.id), eq(places.state, 'active')))
    .leftJoin(indexes, eq(indexes.id, places.indexId))
    .leftJoin(moves, and(eq(moves.tenantId, tenants.id), isNull(moves.endedAt)))
}

/** Tenants by id. */
export async function listViews(db: Tx, filter: TenantFilter): Promise<readonly TenantView[]> {
  const { search: text, awaitingPromotion } = filter
  const narrowed = and(
    filter.canaries === true ? undefined : isCustomer(tenants.id),
    filter.ids === undefined ? undefined : inArray(tenants.id, [...filter.ids]),
    filter.attribute === undefined ? undefined : hasAttribute(filter.attribute),
    filter.tier === undefined ? undefined : eq(tenants.tier, filter.tier),
    filter.status === undefined ? undefined : eq(tenants.status, filter.status),
    filter.after === undefined ? undefined : gt(tenants.id, filter.after as TenantId),
  )
  const rows = await viewQuery(db)
    .where(
      and(
        narrowed,
        text === undefined ? undefined : isFound(text, filter, narrowed),
        awaitingPromotion === true ? isAwaiting : undefined,
        awaitingPromotion === false ? sql`not coalesce(${isAwaiting}, false)` : undefined,
      ),
    )
    .orderBy(asc(tenants.id))
    .limit(filter.limit)
  return rows.map(toView)
}

function isFound(text: string, { awaitingPromotion, limit }: TenantFilter, narrowed: SQL | undefined): SQL {
  // Whether a tenant awaits its promotion is known only after a search for the first ones.
  return awaitingPromotion === undefined ? isAmongFirst(text, narrowed, limit) : containsText(text)
}

/** The index `tenants_crm_id` serves it for the CRM id. */
function hasAttribute(attribute: string): SQL {
  const at = attribute.indexOf(':')
  const [name, value] = [attribute.slice(0, at), attribute.slice(at + 1)]
  return name === 'crmId'
    ? sql`${tenants.attributes} ->> 'crmId' = ${value}`
    : sql`${tenants.attributes} ->> ${name}::text = ${value}`
}

export async function findView(db: Tx, id: TenantId): Promise<TenantView | undefined> {
  const [row] = await viewQuery(db).where(eq(tenants.id, id))
  return row && toView(row)
}

type ViewRow = Awaited<ReturnType<typeof viewQuery>>[number]

function toView({ tenant, awaitingPromotion, place, kind, move }: ViewRow): TenantView {
  return {
    ...shown(tenant),
    awaitingPromotion,
    awaitingSince: awaitingPromotion ? tenant.tierSince.toISOString() : null,
    inTheWay: awaitingPromotion ? moveInTheWay(move) : null,
    placement: place && kind && { kind, ...place },
    move: move && { id: move.id, kind: move.kind, state: move.state },
  }
}

/** The view of a tenant that has just got its first place, without a query. */
export function viewOfNew(tenant: TenantRow, { place, index }: PlaceReservation): TenantView {
  const isAwaitingNow = tenant.tier === 'enterprise' && index.kind === 'pool'
  return {
    ...shown(tenant),
    awaitingPromotion: isAwaitingNow,
    awaitingSince: isAwaitingNow ? tenant.tierSince.toISOString() : null,
    inTheWay: null,
    placement: { kind: index.kind, index: place.indexName, generation: place.generation },
    move: null,
  }
}

function shown(row: TenantRow) {
  const { initialKind: _kind, lastGeneration: _last, firstGeneration: _first, tierSince: _since, ...kept } = row
  const { createdAt, updatedAt, ...rest } = kept
  const limitsUntil = rest.limitsUntil?.toISOString() ?? null
  return { ...rest, limitsUntil, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() }
}
