import type { PlaceKind } from '../../placement/placement.ts'
import type { MoveKind } from '../state/move-state.ts'
import type { StepName } from '../state/next-step.ts'
import { pageSampledEvery } from '../state/verification.ts'
import { PlanLedger, type PlannedStep, type RecordSize } from './plan-ledger.ts'
import type { Speeds } from './stage-limits.ts'

/** Facts for the steps of a plan: the size of the tenant, and the kind of its target. */
export interface PlanFacts extends RecordSize {
  readonly kind: MoveKind
  /** The source's kind of index, and the target's. */
  readonly from: PlaceKind
  readonly into: PlaceKind
  /** Time to embed all texts anew; 0 where vectors are copied as they are. */
  readonly embedS: number
  /** Lanes of the copy, and of the comparison. */
  readonly lanes: number
  /** Whether the copy is equal bit by bit, and its digests spare the comparison most of the old place. */
  readonly keepsDigests: boolean
  readonly speeds: Speeds
  readonly retentionMs: number
}

/** Time in which a new serverless index starts. */
export const indexStartS = 10

/** A step of a move, executed by recording what it would do. */
type PlanStep = (facts: PlanFacts, ledger: PlanLedger) => string

const prepare: PlanStep = ({ into }, ledger) => {
  if (into === 'silo') {
    ledger.administer('target', 3)
    ledger.wait('new_index', indexStartS)
    return 'make an index and a namespace'
  }
  ledger.administer('target', 1)
  return 'reserve capacity in a shared index and make a namespace'
}

const arm: PlanStep = (_, ledger) => {
  ledger.proveVisible('source')
  ledger.wait('replicas', 1)
  return 'log every write from now on'
}

const copy: PlanStep = ({ kind, embedS, lanes, records, bytes }, ledger) => {
  ledger.administer('source', 1)
  ledger.inLanes('source', lanes)
  ledger.readAll('source', { records, bytes })
  ledger.writeAll('target', { records, bytes })
  ledger.wait('model_budget', embedS)
  return kind === 'reembed' || embedS > 0 ? 'embed every text anew, and copy every record' : 'copy every record'
}

const verify: PlanStep = (facts, ledger) => {
  ledger.proveVisible('target')
  readToCompare(facts, ledger)
  return 'compare every record of both places'
}

/** A comparison lists both places in the lanes of the copy, and reads the new one: nothing else in a plan assumes it. */
function readToCompare(
  { keepsDigests, lanes, ...size }: RecordSize & Pick<PlanFacts, 'keepsDigests' | 'lanes'>,
  ledger: PlanLedger,
): void {
  ledger.inLanes('source', lanes)
  ledger.readAll('source', size, keepsDigests ? pageSampledEvery : 1)
  ledger.readAll('target', size)
}

const fence: PlanStep = (_, ledger) => {
  ledger.wait('replicas', 0.1)
  return 'hold writes, copy the last ones, switch'
}

const open: PlanStep = () => 'open writes in the new place'

const soak: PlanStep = ({ retentionMs }) =>
  `keep the old place for ${Math.round(retentionMs / 3_600_000)} h, with everything written since`

const complete: PlanStep = ({ from }, ledger) => {
  ledger.administer('source', 2)
  return from === 'silo' ? 'delete its own index' : 'delete the old namespace'
}

/** The steps of an undisturbed move; a step that is absent here is no part of it. */
const steps = { prepare, arm, copy, verify, fence, open, soak, complete } satisfies Partial<Record<StepName, PlanStep>>

export function planSteps(facts: PlanFacts): readonly PlannedStep[] {
  return Object.entries(steps).map(([name, step]) => {
    const ledger = new PlanLedger(facts.speeds)
    const does = step(facts, ledger)
    return ledger.close(name as keyof typeof steps, does)
  })
}

/** Whether a step comes before the switch. */
export function precedesSwitch({ step }: Pick<PlannedStep, 'step'>): boolean {
  return step !== 'soak' && step !== 'complete'
}
