import { sql } from 'drizzle-orm'
import type { Logger } from 'pino'
import { type Clock, systemClock } from '../clock.ts'
import type { Db } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import type { VectorStore } from '../stores/store.ts'
import { readMove } from './claim-move.ts'
import { asMover, changeMove, LostMove, type MoveRow } from './journal.ts'
import { Learnt } from './learnt.ts'
import { nextStep, type StepName } from './next-step.ts'
import { onFault } from './on-fault.ts'
import type { Paces } from './pace-stores.ts'
import type { MovePoint, Step, StepContext } from './step.ts'
import { arm } from './steps/arm.ts'
import { cancel } from './steps/cancel.ts'
import { complete } from './steps/complete.ts'
import { copy } from './steps/copy.ts'
import { fence } from './steps/fence.ts'
import { open } from './steps/open.ts'
import { prepare } from './steps/prepare.ts'
import { rollBack } from './steps/roll-back.ts'
import { soak } from './steps/soak.ts'
import { verify } from './steps/verify.ts'
import { readTail, type Tail } from './tail.ts'

const steps = { prepare, arm, copy, verify, fence, open, soak, complete, cancel, rollBack } satisfies Record<
  StepName,
  Step
>

export interface RunMoveDeps extends Omit<StepContext, 'move' | 'at' | 'signal' | 'clock' | 'learnt'> {
  readonly log: Logger
  readonly clock?: Clock
  /** How fast each index may be called; without it, as fast as it answers. */
  readonly paces?: Paces
  /** Where a test holds a mover or kills it. */
  readonly at?: (point: MovePoint, move: MoveRow) => Promise<void>
}

/**
 * Carries a claimed move on, step by step, until it rests or ends.
 * @returns how long to leave it alone, in ms; 0 when it rests.
 * @throws LostMove, or the signal's reason.
 */
export async function runMove(deps: RunMoveDeps, claimed: MoveRow, signal: AbortSignal): Promise<number> {
  const { db, log, clock = systemClock } = deps
  const at = async (point: MovePoint) => deps.at?.(point, claimed)
  const learnt = new Learnt(clock)
  for (;;) {
    signal.throwIfAborted()
    const move = await current(db, claimed)
    const retentionOver = move.retainUntil !== null && move.retainUntil.getTime() <= clock.epochMs()
    const hasUnsynced = move.state === 'soaking' && hasWork(await readTail(db, move.id))
    const step = nextStep({ state: move.state, request: move.request, retentionOver, hasUnsynced })
    if (step === 'rest') return 0
    try {
      const result = await steps[step]({ ...deps, stores: storesOf(deps, step), clock, move, learnt, signal, at })
      if (move.attempts > 0) await asMover(db, move, (tx, row) => changeMove(tx, row, { attempts: 0, error: null }))
      if (result.kind === 'wait') {
        if (result.gate !== move.gate) await asMover(db, move, (tx, row) => changeMove(tx, row, { gate: result.gate }))
        await clock.sleep(result.retryMs, signal)
      }
    } catch (error) {
      if (error instanceof LostMove || signal.aborted) throw error
      log.warn({ err: error, move: move.id, tenant: move.tenantId, step }, 'a step of a move failed')
      const afterMs = await recordFault(db, move, error)
      if (afterMs > 0) await clock.sleep(afterMs, signal)
    }
  }
}

/** Also what is under way: if its writer has died nobody else gives the record free again. */
function hasWork({ unsynced, inflight, inDoubt }: Tail): boolean {
  return unsynced + inflight + inDoubt > 0
}

/** The long steps are paced. One that holds writes is short, and waits for nothing that it can help. */
function storesOf({ stores, paces }: RunMoveDeps, step: StepName): VectorStore {
  const isLong = step === 'copy' || step === 'verify' || step === 'soak'
  return isLong && paces !== undefined ? paces.slow(stores) : stores
}

async function current(db: Db, claimed: MoveRow): Promise<MoveRow> {
  const move = await readMove(db, claimed.id)
  if (move === undefined || move.moverToken !== claimed.moverToken)
    throw new LostMove(`move ${claimed.id} has another mover`)
  return move
}

/** Writes the fault down and decides; returns for how long to wait before the next try. */
async function recordFault(db: Db, move: MoveRow, error: unknown): Promise<number> {
  const words = error instanceof AppError ? `${error.message} (${error.code})` : 'an unexpected fault; see the log'
  // The state as it is now: the step may have switched, and failed only then.
  const decision = await asMover(db, move, async (tx, row) => {
    await changeMove(tx, row, { attempts: sql`attempts + 1`, error: words })
    return onFault(error, row.state, row.attempts + 1)
  })
  if (decision.kind === 'retry') return decision.afterMs
  await abandon(db, move, words)
  return 0
}

/** Sends the move the way of a cancel; without a person's request it ends as `failed`. */
async function abandon(db: Db, move: MoveRow, words: string): Promise<void> {
  await asMover(db, move, async (tx, row) => {
    await changeMove(tx, row, { state: 'cancelling', gate: null, attempts: 0 }, { error: words })
  })
}
