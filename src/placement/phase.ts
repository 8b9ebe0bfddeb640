import type { InventoryRule } from './inventory-rule.ts'
import type { Placement } from './placement.ts'
import type { RecordFields } from './record-fields.ts'
import type { TenantId } from './tenant-id.ts'

/**
 * The phases of docs/moves.md section 3. Requests read and write `active`; `follower` is the other place of a move.
 * `epoch` rises with every change of a tenant's routing.
 */
export type Routing =
  | { readonly phase: 'steady'; readonly epoch: number; readonly active: Placement }
  | {
      readonly phase: 'arm' | 'track' | 'flip' | 'soak'
      readonly epoch: number
      readonly active: Placement
      readonly follower: Placement
      readonly moveId: string
    }
  | {
      readonly phase: 'fence'
      readonly epoch: number
      readonly active: Placement
      readonly follower: Placement
      readonly moveId: string
      readonly fenceDeadline: Date
    }

export type Phase = Routing['phase']

/** `held`: after a restore of the registry, until the store or a person says where the tenant is. */
export type TenantStatus = 'provisioning' | 'active' | 'suspended' | 'held' | 'offboarding' | 'offboarded'

/**
 * Verdict on a held tenant. `unchecked`: the store was not compared yet. `moved`: only a newer place is there. `new`: the
 * registry did not know it. `erased`: the store has nothing of it. `unclear`: the store does not say which place it is.
 */
export const heldVerdicts = ['unchecked', 'moved', 'new', 'erased', 'unclear'] as const
export type HeldVerdict = (typeof heldVerdicts)[number]

export interface Held {
  /** Its status before; null: the registry did not know it. */
  readonly was: Exclude<TenantStatus, 'held'> | null
  readonly verdict: HeldVerdict
  /** The generation of the place that the store suggests. */
  readonly generation?: number
}

/** The past of a tenant that was adopted; it stays with it wherever it moves. */
export interface AdoptedTenant {
  /** The name that its app gave its namespace, which may be empty. */
  readonly namespace: string
  /** Where its app's records hold what searches need. */
  readonly fields: RecordFields
  /** How its records name their documents, once an inventory of them was begun. */
  readonly inventory?: InventoryRule
  /** Set until its first write through the router: the write is noted before it is sent. */
  readonly isUnwritten?: true
}

/** The facts about a tenant that a request needs, as one consistent read of the registry. */
export interface TenantRoute {
  readonly tenantId: TenantId
  readonly status: TenantStatus
  readonly tier: 'standard' | 'enterprise'
  /** Limits that override the tier's; absent when there are none. */
  readonly limits?: Readonly<Record<string, number>>
  /** When its own limits end, in milliseconds since 1970; absent: never. */
  readonly limitsUntilMs?: number
  readonly routing: Routing
  /** Set for a tenant that was here before the router; its later places have names of our own. */
  readonly adopted?: AdoptedTenant
  /** Set when Postgres is unavailable and the lease has expired: the route is the last one seen. */
  readonly stale?: true
}

/**
 * How a phase treats a write. `direct`: to the active place, without a call to Postgres. `log`: an intent is
 * committed first, so that the mover copies the write to the follower. `hold`: the write waits, at most as long as a
 * fence may last.
 */
export type WriteRule = 'direct' | 'log' | 'hold'

export function writeRule(phase: Phase): WriteRule {
  switch (phase) {
    case 'steady':
      return 'direct'
    case 'arm':
    case 'track':
    case 'soak':
      return 'log'
    case 'fence':
    case 'flip':
      return 'hold'
  }
}
