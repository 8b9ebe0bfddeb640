import { and, asc, eq, gt, ilike, inArray, isNull, or, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { DeletionReceipt, SignedDeletionReceipt } from '../evidence/deletion-receipt.ts'
import type { MoveState } from '../moves/state/move-state.ts'
import { moves } from '../moves/state/moves.sql.ts'
import type { Held, TenantStatus } from '../placement/phase.ts'
import type { PlaceKind, Tier } from '../placement/placement.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { indexes } from '../registry/indexes.sql.ts'
import { isCustomer } from '../registry/is-customer.ts'
import type { OffboardingRow } from '../registry/offboardings/offboardings.ts'
import { places } from '../registry/places.sql.ts'
import type { PlaceReservation } from '../registry/reserve-places.ts'
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
  /** An enterprise tenant in a shared index without a move under way. */
  readonly awaitingPromotion: boolean
  /** Null before the first place, and after the last is gone. */
  readonly placement: { readonly kind: PlaceKind; readonly index: string; readonly generation: number } | null
  /** The move under way. */
  readonly move: { readonly id: string; readonly state: MoveState } | null
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
  /** Part of the id or the name, case-insensitive. */
  readonly search?: string | undefined
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
  // A move that soaks has brought it where it is: for 72 hours nobody would see that it waits.
  or(isNull(moves.id), inArray(moves.state, ['soaking', 'completing'])),
) as SQL

function viewQuery(db: Tx) {
  return db
    .select({
      tenant: tenants,
      awaitingPromotion: sql<boolean>`coalesce(${isAwaiting}, false)`,
      place: { index: places.indexName, generation: places.generation },
      kind: indexes.kind,
      move: { id: moves.id, state: moves.state },
    })
    .from(tenants)
    .leftJoin(places, and(eq(places.tenantId, tenants.id), eq(places.state, 'active')))
    .leftJoin(indexes, eq(indexes.id, places.indexId))
    .leftJoin(moves, and(eq(moves.tenantId, tenants.id), isNull(moves.endedAt)))
}

/** Tenants by id. */
export async function listViews(db: Tx, filter: TenantFilter): Promise<readonly TenantView[]> {
  const like = filter.search === undefined ? undefined : `%${filter.search.replaceAll(/[%_\\]/g, '\\$&')}%`
  const rows = await viewQuery(db)
    .where(
      and(
        filter.canaries === true ? undefined : isCustomer(tenants.id),
        like === undefined ? undefined : or(ilike(tenants.id, like), ilike(tenants.name, like)),
        filter.tier === undefined ? undefined : eq(tenants.tier, filter.tier),
        filter.status === undefined ? undefined : eq(tenants.status, filter.status),
        filter.awaitingPromotion === undefined
          ? undefined
          : sql`coalesce(${isAwaiting}, false) = ${filter.awaitingPromotion}`,
        filter.after === undefined ? undefined : gt(tenants.id, filter.after as TenantId),
      ),
    )
    .orderBy(asc(tenants.id))
    .limit(filter.limit)
  return rows.map(toView)
}

export async function findView(db: Tx, id: TenantId): Promise<TenantView | undefined> {
  const [row] = await viewQuery(db).where(eq(tenants.id, id))
  return row && toView(row)
}

type ViewRow = Awaited<ReturnType<typeof viewQuery>>[number]

function toView({ tenant, awaitingPromotion, place, kind, move }: ViewRow): TenantView {
  return { ...shown(tenant), awaitingPromotion, placement: place && kind && { kind, ...place }, move }
}

/** The view of a tenant that has just got its first place, without a query. */
export function viewOfNew(tenant: TenantRow, { place, index }: PlaceReservation): TenantView {
  return {
    ...shown(tenant),
    awaitingPromotion: tenant.tier === 'enterprise' && index.kind === 'pool',
    placement: { kind: index.kind, index: place.indexName, generation: place.generation },
    move: null,
  }
}

function shown(row: TenantRow) {
  const { initialKind: _kind, lastGeneration: _last, firstGeneration: _first, createdAt, updatedAt, ...rest } = row
  const limitsUntil = rest.limitsUntil?.toISOString() ?? null
  return { ...rest, limitsUntil, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() }
}
