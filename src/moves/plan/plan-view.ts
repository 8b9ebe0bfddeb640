import type { ErrorCode, FieldFault } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { MoveKind } from '../state/move-state.ts'
import type { StepName } from '../state/next-step.ts'
import type { Binding } from '../target/relocation.ts'
import type { MonthlyCosts } from './monthly-cost.ts'
import type { PlannedEgress } from './plan-egress.ts'
import type { PlannedStep } from './plan-ledger.ts'
import type { PlannedSpeeds } from './plan-speeds.ts'
import type { StageLimitName } from './stage-limits.ts'

/** A move's effects and cost, and why it would be refused. Bytes, units and times are estimates. */
export interface MovePlan {
  readonly tenantId: TenantId
  readonly kind: MoveKind
  /** Empty: the move would be queued. */
  readonly refusals: readonly PlannedRefusal[]
  readonly source: PlannedPlace
  /** Null when there is none; its index is null when it is still to be made. */
  readonly target: PlannedPlace | null
  readonly records: number
  readonly bytes: number
  /** Records that the size was estimated from. */
  readonly sampledRecords: number
  readonly units: { readonly read: number; readonly write: number }
  /** Null: the list has no price for the region. */
  readonly price: {
    readonly currency: 'USD'
    readonly readUnits: number
    readonly writeUnits: number
    /** Both places while the old one is kept: the cost of the second one. */
    readonly storage: number
    readonly total: number
    readonly plan: string
    readonly asOf: string
    readonly source: string
  } | null
  /** Words on the price, and on what the move changes of it. */
  readonly priceNote: string
  /** The tenant's cost of a month where it is, and where it would be. */
  readonly monthly: MonthlyCosts
  readonly egress: PlannedEgress
  /** Time until the cutover. */
  readonly durationS: number
  /** The longest step before the cutover, and the limit that makes it so. */
  readonly binds: {
    readonly step: StepName
    readonly limit: StageLimitName
    readonly seconds: number
    readonly words: string
  }
  /** Speeds that the times rest on, and whether they were measured. */
  readonly speeds: PlannedSpeeds
  readonly writePause: { readonly expectedMs: number; readonly atMostMs: number; readonly basedOnMoves: number }
  /** The neighbours' share: the part of an index's vendor rates that this move uses while it copies or compares. */
  readonly rates: readonly {
    readonly index: string
    readonly call: 'fetch' | 'list'
    readonly perSecond: number
    readonly limitPerSecond: number
    readonly share: number
  }[]
  readonly quota: readonly {
    readonly name: 'indexes_in_project' | 'namespaces_in_index'
    readonly used: number
    readonly afterwards: number
    readonly limit: number
  }[]
  readonly parity: readonly {
    readonly of: 'model' | 'dimension' | 'metric' | 'region'
    readonly source: string
    readonly target: string
    readonly equal: boolean
  }[]
  /** Set for a move to another embedding model; null for one that copies vectors as they are. */
  readonly embedding: PlannedEmbedding | null
  /** Set for a move to another region or project. */
  readonly relocation: PlannedRelocation | null
  readonly steps: readonly PlannedStep[]
}

/** A reason against a move, and the fields of the request that would lift it, which each surface calls by its own names. */
export interface PlannedRefusal {
  readonly code: ErrorCode
  readonly message: string
  readonly faults: readonly FieldFault[]
}

/** The cost of embedding a tenant's texts anew. */
export interface PlannedEmbedding {
  readonly model: string
  /** Records without a text, as the store counts them: they would stay behind. */
  readonly withoutText: number
  /** Those of them that no supplied vector fits, with the first ids; null: no vectors were supplied. */
  readonly missing: { readonly count: number; readonly ids: readonly string[] } | null
  /** Requests of the last seven days with vectors that name no model. */
  readonly unnamedVectors: number
  /** Estimated from the sample. */
  readonly tokens: number
  /** In US dollars; null: the settings name no price of the model. */
  readonly price: number | null
  /** Time at the budget of tokens a minute; 0 without a budget. */
  readonly seconds: number
  readonly tokensPerMinute: number
  /** How much lower the recall may be afterwards; null: the move does not wait for it to be measured. */
  readonly maxRecallLoss: number | null
}

/** Where a relocation goes, what leaves the old place, and the constraint that decides. */
export interface PlannedRelocation {
  readonly region: string
  /** Null: any project that serves the region. */
  readonly project: string | null
  readonly egress: {
    /** Read of the old place to copy and to compare, and of the new one to compare. */
    readonly bytes: number
    /** In US dollars, beyond what the plan of the vendor includes; null: the list has no price of it. */
    readonly price: number | null
  }
  /** The constraint that is not met or, when all are, the one that leaves least. */
  readonly binds: Binding
}

export interface PlannedPlace {
  readonly kind: 'pool' | 'silo'
  readonly project: string
  readonly index: string | null
  readonly region: string
}
