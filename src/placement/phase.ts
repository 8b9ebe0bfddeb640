import type { Placement } from './placement.ts'
import type { TenantId } from './tenant-id.ts'

/**
 * The phases of docs/moves.md section 3. `active` is read and written; `follower` is the other place of a move.
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

export type TenantStatus = 'provisioning' | 'active' | 'suspended' | 'offboarding' | 'offboarded'

/** What a request needs to know of its tenant, as one consistent read of the registry. */
export interface TenantRoute {
  readonly tenantId: TenantId
  readonly status: TenantStatus
  readonly tier: 'standard' | 'enterprise'
  /** Its own, in the place of its tier's; absent: there are none. */
  readonly limits?: Readonly<Record<string, number>>
  /** When its own limits end, in milliseconds since 1970; absent: they stay. */
  readonly limitsUntilMs?: number
  readonly routing: Routing
  /** Postgres is away and the lease is over: this is what was true when it was last seen. */
  readonly stale?: true
}

/**
 * How a write goes in a phase. `direct`: to the active place, no call to Postgres. `journal`: an intent is committed
 * first, so that the mover carries it to the follower. `hold`: it waits, at most as long as a fence may last.
 */
export type WriteRule = 'direct' | 'journal' | 'hold'

export function writeRule(phase: Phase): WriteRule {
  switch (phase) {
    case 'steady':
      return 'direct'
    case 'arm':
    case 'track':
    case 'soak':
      return 'journal'
    case 'fence':
    case 'flip':
      return 'hold'
  }
}
