import { sql } from 'drizzle-orm'
import type { Logger } from 'pino'
import { type Clock, systemClock } from '../../clock.ts'
import type { Claim } from '../../concurrency/leased-jobs.ts'
import type { Db } from '../../db/connect.ts'
import { AppError, isAppError } from '../../errors.ts'
import type { VectorStore } from '../../stores/store.ts'
import type { GateKeeper } from '../gate/gate-keeper.ts'
import { stopForPerson } from '../gate/stop-for-person.ts'
import type { Paces } from '../pace/pace-stores.ts'
import type { Gate } from '../state/gate.ts'
import { asMover, changeMove, LostMove, type MoveRow } from '../state/move-history.ts'
import { nextStep, type StepName } from '../state/next-step.ts'
import { readRouting } from '../state/read-places.ts'
import { NeedsPerson } from '../state/stop-reason.ts'
import { arm } from '../steps/arm.ts'
import { cancel } from '../steps/cancel.ts'
import { complete } from '../steps/complete.ts'
import { copy } from '../steps/copy.ts'
import { fence } from '../steps/fence.ts'
import { open } from '../steps/open.ts'
import { prepare } from '../steps/prepare.ts'
import { rollBack } from '../steps/roll-back.ts'
import { soak } from '../steps/soak.ts'
import { verify } from '../steps/verify.ts'
import type { MoveRates } from '../sync/move-rates.ts'
import type { MovePoint, Step, StepContext } from '../sync/step.ts'
import { readMove } from './claim-move.ts'
import { FaultPlaces } from './fault-places.ts'
import { onFault } from './on-fault.ts'
import type { MoveMemory } from './run-memory.ts'

const steps = { prepare, arm, copy, verify, fence, open, soak, complete, cancel, rollBack } satisfies Record<
  StepName,
  Step
>

export interface RunMoveDeps extends Omit<StepContext, 'move' | 'at' | 'waiting' | 'signal' | 'clock' | 'rates'> {
  readonly log: Logger
  readonly clock?: Clock
  /** Call rates by index; without it, calls are as fast as the index answers. */
  readonly paces?: Paces
  /** A test's hook to hold or kill a mover. */
  readonly at?: (point: MovePoint, move: MoveRow) => Promise<void>
}

/** Time of failures or waiting after which a step lets other moves have its slot. */
const givesWayAfterMs = 15_000
const restMs = 5_000

/**
 * Carries a claimed move on, step by step, until it rests or ends. A stuck move gives its slot up for a while when
 * another move waits for one (R6 of docs/moves.md section 7).
 * @returns how long it rests, in ms; 0 when it waits for an event.
 * @throws LostMove, or the signal's reason.
 */
export async function runMove(
  deps: RunMoveDeps,
  claimed: MoveRow,
  claim: Claim,
  { rates, gates }: MoveMemory,
): Promise<number> {
  const { db, clock = systemClock } = deps
  for (;;) {
    const move = await readOwn(db, claimed, claim)
    const step = stepOf(move, clock)
    if (step === 'rest' || step === 'soak') return 0
    const outcome = await runStep(deps, { move, step, claim, rates, gates })
    if (outcome.kind === 'next') continue
    if (outcome.kind === 'wait' && !(await givesWay(db, move, gates))) await clock.sleep(outcome.retryMs, claim.signal)
    else return Math.max(outcome.retryMs, outcome.kind === 'wait' ? restMs : 0)
  }
}

/** The step that the move's row calls for. */
export function stepOf(move: MoveRow, clock: Clock): StepName | 'rest' {
  // A move that a person must decide about rests; one that was refused while it soaks goes on soaking.
  if (move.stopped !== null && (move.state !== 'soaking' || move.stopped.step === 'soak')) return 'rest'
  const isOver = move.retainUntil !== null && move.retainUntil.getTime() <= clock.epochMs()
  const retentionOver = isOver && move.stopped === null
  return nextStep({ state: move.state, request: move.request, retentionOver })
}

/** The result of a step; `failed`: it is tried again after `retryMs`, and holds no slot until then. */
export type StepOutcome = { readonly kind: 'next' } | { readonly kind: 'wait' | 'failed'; readonly retryMs: number }

export interface StepRun {
  readonly move: MoveRow
  readonly step: StepName
  readonly claim: Claim
  readonly rates: MoveRates
  readonly gates: GateKeeper
}

/**
 * Runs one step, and records in the move's row its gate, or that it has none.
 * @throws LostMove, or the signal's reason.
 */
export async function runStep(deps: RunMoveDeps, { move, step, claim, rates, gates }: StepRun): Promise<StepOutcome> {
  const { db, log, clock = systemClock } = deps
  const { signal } = claim
  const faults = new FaultPlaces()
  const context: StepContext = {
    ...deps,
    stores: faults.watch(storesOf(deps, step)),
    clock,
    move,
    rates,
    signal,
    async at(point) {
      await deps.at?.(point, move)
      if (isProgress(point)) await gates.passed(db, move)
    },
    async waiting(gate, retryMs) {
      await gates.note(db, move, gate, retryMs)
      if (stepOf(await readOwn(db, move, claim), clock) !== step) throw new Superseded()
    },
  }
  try {
    const result = await steps[step](context)
    if (result.kind === 'wait') await gates.note(db, move, result.gate, result.retryMs, triesOf(result.gate, move))
    else await gates.passed(db, move)
    // A wait for what the failed try may have left is no success of the next one.
    const isAftermath = result.kind === 'wait' && result.gate.kind === 'target_suspect'
    if (move.attempts > 0 && !isAftermath)
      await asMover(db, move, (tx, row) => changeMove(tx, row, { attempts: 0, error: null }))
    return result.kind === 'next' ? result : { kind: 'wait', retryMs: result.retryMs }
  } catch (error) {
    if (error instanceof Superseded) return { kind: 'next' }
    if (error instanceof LostMove || signal.aborted) throw error
    if (error instanceof NeedsPerson) {
      log.warn({ move: move.id, tenant: move.tenantId, step }, `a move needs a person: ${error.message}`)
      await stopForPerson(db, move, step, error.reason, new Date(clock.epochMs()))
      return { kind: 'next' }
    }
    log.warn({ err: error, move: move.id, tenant: move.tenantId, step }, 'a step of a move failed')
    const { retryMs, tries, stops } = await recordFault(db, move, step, error)
    if (stops) {
      const reason = { words: whyStopped(error, step), records: 0 }
      await stopForPerson(db, move, step, reason, new Date(clock.epochMs()))
      return { kind: 'next' }
    }
    if (retryMs === 0) return { kind: 'next' }
    const place = faults.of(error) ?? { operation: step }
    const gate = { kind: 'step_failed', ...place, code: codeOf(error), message: wordsOf(error) } as const
    await gates.note(db, move, gate, retryMs, tries)
    // The first tries follow at once: giving the slot up and taking it again costs more than they do.
    if (retryMs >= 1_000) return { kind: 'failed', retryMs }
    await clock.sleep(retryMs, signal)
    return { kind: 'next' }
  }
}

/** A person requested something else while a step waited. */
class Superseded extends Error {}

/** Tries that the row counts; other gates are counted as they are met. */
function triesOf({ kind }: Gate, { fenceTries }: MoveRow): number | undefined {
  return kind === 'switch_missed' || kind === 'writes_not_ended' ? fenceTries + 1 : undefined
}

/** Whether reaching this point means that a step has passed its gate; rounds of a sync reach theirs continuously. */
function isProgress(point: MovePoint): boolean {
  return point !== 'sync: carried over' && point !== 'fence: entered' && point !== 'end: fence entered'
}

/**
 * Whether the move has been at one gate for long while another waits for a mover. A move that holds writes goes first.
 */
async function givesWay(db: Db, move: MoveRow, gates: GateKeeper): Promise<boolean> {
  if (gates.waitedMs() < givesWayAfterMs || move.state === 'switching') return false
  const [other] = await db.execute<{ waits: boolean }>(sql`
    select exists (select 1 from moves m join routing r on r.tenant_id = ${move.tenantId}
      where m.id <> ${move.id} and m.ended_at is null and m.state not in ('paused', 'soaking')
        and m.mover_lease_until is null and (m.not_before is null or m.not_before <= now())
        and r.phase not in ('fence', 'flip')) as waits`)
  return other?.waits === true
}

/** Paces the long steps. A step that holds writes is short, and must not wait. */
function storesOf({ stores, paces }: RunMoveDeps, step: StepName): VectorStore {
  const isLong = step === 'copy' || step === 'verify' || step === 'soak'
  return isLong && paces !== undefined ? paces.slow(stores) : stores
}

/** The move's present row. @throws LostMove when the claim is over, by this process's clock or by the row. */
export async function readOwn(db: Db, claimed: MoveRow, claim: Claim): Promise<MoveRow> {
  claim.signal.throwIfAborted()
  const move = await readMove(db, claimed.id)
  if (move?.moverToken !== claimed.moverToken || !claim.stillMine())
    throw new LostMove(`move ${claimed.id} has another mover`)
  return move
}

/** Records the fault and decides; returns how long to wait before the next try, 0 when it gives up. */
async function recordFault(
  db: Db,
  move: MoveRow,
  step: StepName,
  error: unknown,
): Promise<{ retryMs: number; tries: number; stops: boolean }> {
  const words = wordsOf(error)
  // The state as it is now: the step may have switched, and failed only then.
  const { decision, tries } = await asMover(db, move, async (tx, row) => {
    const tries = row.attempts + 1
    await changeMove(tx, row, { attempts: tries, error: words })
    const { phase } = await readRouting(tx, row)
    return { tries, decision: onFault(error, { state: row.state, step, phase }, tries) }
  })
  if (decision.kind === 'retry') return { retryMs: decision.afterMs, tries, stops: false }
  if (decision.kind === 'stop') return { retryMs: 0, tries, stops: true }
  await abandon(db, move, words)
  return { retryMs: 0, tries, stops: false }
}

function codeOf(error: unknown): string {
  return error instanceof AppError ? error.code : 'internal'
}

function wordsOf(error: unknown): string {
  return error instanceof AppError ? `${error.message} (${error.code})` : 'an unexpected fault; see the log'
}

/** Why a fault stops a move for a person; a rollback needs the old model, and completing the move does not. */
function whyStopped(error: unknown, step: StepName): string {
  if (step !== 'rollBack') return wordsOf(error)
  if (!isAppError(error, 'embedding_unavailable'))
    return `The rollback can't go on: ${wordsOf(error)} Complete the move, or mend the cause and roll it back then.`
  return `The old place can't get what was written since the switch: ${wordsOf(error)} Complete the move, or mend the model's setting and roll it back then.`
}

/** Cancels the move; without a person's request it ends as `failed`. */
async function abandon(db: Db, move: MoveRow, words: string): Promise<void> {
  await asMover(db, move, async (tx, row) => {
    await changeMove(tx, row, { state: 'cancelling', attempts: 0 }, { error: words })
  })
}
