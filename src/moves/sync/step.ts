import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/connect.ts'
import type { Project } from '../../placement/choose-project.ts'
import type { VectorSpace } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { Barrier } from '../../routing/barrier.ts'
import type { VectorStore } from '../../stores/store.ts'
import { idsPerPage } from '../copy/read-ahead.ts'
import type { Gate } from '../state/gate.ts'
import type { MoveRow } from '../state/move-history.ts'
import type { MoveModels } from '../transform/move-models.ts'
import type { QueryPair } from '../verify/recent-queries.ts'
import type { MoveRates } from './move-rates.ts'

/** Times in ms; the bounds that docs/moves.md section 1 names. */
export interface MoveSettings {
  readonly project: string
  readonly cloud: string
  readonly region: string
  readonly indexPrefix: string
  readonly projectIndexLimit: number
  /** Projects for targets; without it, only `project`. */
  readonly projects?: readonly Project[]
  readonly retentionMs: number
  readonly fenceBudgetMs: number
  readonly storeInDoubtMs: number
  readonly storeVisibleMs: number
  /** Longest time that a read from before a cutover may still be under way. */
  readonly readGraceMs: number
  /** Time that a replica without Postgres keeps answering by its last view; 0 where such reads stop at once. */
  readonly staleReadsMs: number
  /** The embedding models that a move may change to. */
  readonly models?: readonly TargetModel[]
  /** Least cosine of a vector and the same text's second one. Default 0.99. */
  readonly reembedMinCosine?: number
  /** Tokens that movers embed a minute, for each model; 0: no limit. */
  readonly reembedTokensPerMinute?: number
  /** Lanes in which a large place is copied; default 4. */
  readonly copyLanes?: number
  readonly copySplit?: CopySplit
  /** Shortest time between two comparisons of a move that soaks. Default: an hour. */
  readonly verifyAgainMs?: number
}

/** How a large place is split into the parts that lanes copy. */
export interface CopySplit {
  /** Parts found for each lane, at least, so that all lanes end at about the same time. */
  readonly partsPerLane: number
  /** Records of the smallest place that is split. */
  readonly fromRecords: number
  /** A part of at most so many ids is not split; up to 100, the vendor's page. */
  readonly pageIds: number
}

export const defaultCopyLanes = 4
export const defaultCopySplit: CopySplit = { partsPerLane: 8, fromRecords: 20_000, pageIds: idsPerPage }

/** An embedding model as the settings name it. */
export interface TargetModel {
  readonly name: string
  readonly dimension: number
  readonly metric: string
  /** US dollars for a million tokens, where known. */
  readonly price?: number
  /** The regions whose tenants may use it; undefined: any. */
  readonly regions?: readonly string[]
}

/** Points between two effects of a move, at which a test stops a mover. In production `at` does nothing. */
export const movePoints = [
  'prepare: target reserved',
  'prepare: index made',
  'prepare: index ready',
  'prepare: namespace made',
  'arm: barrier passed',
  'arm: all visible',
  'copy: batch claimed',
  'copy: batch written',
  'copy: batch recorded',
  'sync: carried over',
  'verify: compared',
  'fence: entered',
  'fence: tail synced',
  'flip: switched',
  'open: barrier passed',
  'end: fence entered',
  'complete: begun',
  'complete: purged',
  'cancel: begun',
  'cancel: purged',
  'rollBack: begun',
  'rollBack: purged',
] as const

export type MovePoint = (typeof movePoints)[number]

/** The tenants' recent queries: the replica's own memory, or the thread that has it. */
export interface QuestionSource {
  of(tenantId: TenantId, space: VectorSpace): MaybePromise<readonly (readonly number[])[]>
  pairs(tenantId: TenantId, from: VectorSpace, to: VectorSpace): MaybePromise<readonly QueryPair[]>
}

type MaybePromise<T> = T | Promise<T>

/** A step's inputs: the move at the step's start, and the parts. */
export interface StepContext {
  readonly db: Db
  readonly stores: VectorStore
  readonly settings: MoveSettings
  readonly clock: Clock
  /** The tenants' recent queries on this replica; without it no query is replayed. */
  readonly recentQueries?: QuestionSource
  /** The embedding models, for moves that transform; without it there are none. */
  readonly models?: MoveModels
  readonly move: MoveRow
  /** This mover's measurements of the move, beside its row. */
  readonly rates: MoveRates
  /** Fires when the mover loses its lease on the move or the process stops. */
  readonly signal: AbortSignal
  at(point: MovePoint): Promise<void>
  /**
   * Reports the step's gate while it waits, and checks whether a person requested something else.
   * @throws when somebody did: the step ends there.
   */
  waiting(gate: Gate, retryMs: number): Promise<void>
}

/**
 * `next`: the row tells what follows. `wait`: `gate` has to open first; the step runs again after `retryMs`, or sooner
 * when the move's row changes.
 */
export type StepResult =
  | { readonly kind: 'next' }
  | { readonly kind: 'wait'; readonly gate: Gate; readonly retryMs: number }

/** One phase of a move. Any mover may run it again at any time, from any intermediate state. */
export type Step = (context: StepContext) => Promise<StepResult>

export const next: StepResult = { kind: 'next' }

export function wait(gate: Gate, retryMs: number): StepResult {
  return { kind: 'wait', gate, retryMs }
}

/** The change that the move's current barrier waits for. */
export function barrierOf({ id, tenantId, barrierTick }: MoveRow): Barrier {
  if (barrierTick === null) throw new Error(`move ${id} waits for a barrier that it never set`)
  return { tenantId, tick: barrierTick }
}

export function replicasBehind(behind: number): Gate {
  return { kind: 'replicas_behind', count: behind }
}
