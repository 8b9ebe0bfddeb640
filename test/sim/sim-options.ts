import type { MoveSettings } from '../../src/moves/sync/step.ts'
import type { ReplicaTimes } from './sim-replica.ts'

/** Settings of every simulated world, unless overridden. */
export const simSettings: MoveSettings = {
  project: 'default',
  cloud: 'aws',
  region: 'us-east-1',
  indexPrefix: 'tr',
  projectIndexLimit: 20,
  retentionMs: 3_600_000,
  fenceBudgetMs: 5_000,
  storeInDoubtMs: 5_000,
  storeVisibleMs: 3_000,
  readGraceMs: 0,
  staleReadsMs: 0,
}

/** Settings that copy even a few records in lanes: each is a part of its own. */
export const inLanes: Partial<MoveSettings> = {
  copyLanes: 3,
  copySplit: { partsPerLane: 2, fromRecords: 0, pageIds: 1 },
}

export interface SimOptions {
  readonly settings?: Partial<MoveSettings>
  readonly times?: Partial<ReplicaTimes>
  /** Timers go off at multiples of this. */
  readonly grainMs?: number
  /** Steps after which an awaited event counts as never coming. */
  readonly maxSteps?: number
  /** Every move goes to another embedding model, of another dimension. */
  readonly transforms?: boolean
  /** Records beside the five that are watched. */
  readonly moreRecords?: number
  /** Histories tell all that apps write of a record, and not only its `n`; then these are watched too. */
  readonly whole?: readonly string[]
}
