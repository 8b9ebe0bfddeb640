import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../db/connect.ts'
import { isAppError } from '../errors.ts'
import { listMoves, type MoveView, showMove } from '../moves/show-move.ts'
import { type StartMoveDeps, startMove } from '../moves/start-move.ts'
import { isBeforeSwitch, isEnded } from '../moves/state/move-state.ts'
import { cancelMove, rollbackMove } from '../moves/steer-move.ts'
import { findActivePlace } from '../registry/isolation/canary-places.ts'
import { isolationActor } from './make-canaries.ts'
import type { Canary } from './probe/canary.ts'
import { type Probe, readPhase } from './read-phase.ts'
import { writeRound } from './write-phase.ts'

/** A move of a canary that has not come so far by then is given up; a new index may take minutes to start. */
const moveMs = 30 * 60_000
const pollMs = 250

/**
 * Promotes a canary into an index of its own, lets it and the others read and write beside one another there, rolls it
 * back and lets all read once more.
 * @returns why nothing could be moved; undefined: it was.
 */
export async function movePhase(
  deps: StartMoveDeps,
  probe: Probe,
  onStep: (step: string) => Promise<void>,
): Promise<string | undefined> {
  const [moved, ...others] = probe.canaries
  if (moved === undefined) return 'There is no canary to move.'
  const { tenantId } = moved
  await onStep('promotes a canary')
  let move: MoveView
  try {
    move = await startMove(deps, isolationActor, { tenantId, kind: 'promote' })
  } catch (error) {
    if (
      isAppError(error, 'index_limit_reached') ||
      isAppError(error, 'conflict') ||
      isAppError(error, 'move_in_progress')
    )
      return `No canary was moved: ${error.message}`
    throw error
  }
  const stuck = (words: string) => {
    probe.exceptions.add('unproven', { asker: tenantId, words: `Its move ${move.id} ${words}.` })
    return undefined
  }
  const soaking = await untilState(deps, probe, move.id, ['soaking'])
  if (soaking.state !== 'soaking') {
    await endOwnMoves(deps, probe.asker.signal)
    return stuck(`came no further than ${soaking.state}: ${soaking.error ?? soaking.gate ?? 'no reason is known'}`)
  }
  const placement = await findActivePlace(deps.db, tenantId)
  if (placement === undefined) return stuck('left it without a place')
  probe.exceptions.phase = 'after the promote'
  const inSilo: Canary = { ...moved, placement }
  const there = { ...probe, canaries: [inSilo, ...others], othersOf: othersWith(probe, moved, inSilo) }
  await onStep('asks canaries as one another after the promote')
  await readPhase(there)
  await onStep('lets canaries write beside one another after the promote')
  await writeRound(there, { writers: [inSilo], bystanders: others }, 'moved')
  await writeRound(there, { writers: others, bystanders: [inSilo] }, 'moved')
  await onStep('rolls the canary back')
  await rollbackMove(deps, isolationActor, move.id)
  const back = await untilState(deps, probe, move.id, ['rolled_back'])
  if (back.state !== 'rolled_back') return stuck(`was not rolled back: ${back.error ?? back.gate ?? back.state}`)
  probe.exceptions.phase = 'after the rollback'
  await onStep('asks canaries as one another after the rollback')
  await readPhase(probe)
  return undefined
}

/** The same others, with the moved canary where it is now. */
function othersWith(probe: Probe, before: Canary, now: Canary): Probe['othersOf'] {
  return (by) => probe.othersOf(by === now ? before : by).map((one) => (one === before ? now : one))
}

/** Ends the moves that a run began and did not end: no canary begins a run in the middle of one. */
export async function endOwnMoves(deps: { readonly db: Db }, signal: AbortSignal): Promise<void> {
  const { items } = await listMoves(deps, { open: true, limit: 200 })
  const own = items.filter(({ createdBy }) => createdBy === isolationActor.subject)
  for (const { id } of own) {
    const endMs = performance.now() + moveMs
    for (;;) {
      const { state, requested } = await showMove(deps, id)
      if (isEnded(state)) break
      if (performance.now() >= endMs)
        throw new Error(`the canary's move ${id} does not end: tenant-router moves show ${id}`)
      if (requested === null && isBeforeSwitch(state)) await cancelMove(deps, isolationActor, id).catch(passed)
      if (requested === null && state === 'soaking') await rollbackMove(deps, isolationActor, id).catch(passed)
      await sleep(pollMs, undefined, { signal })
    }
  }
}

/** A move that has come further meanwhile is looked at again. */
function passed(error: unknown): void {
  if (!isAppError(error, 'conflict')) throw error
}

/** Waits until the move is in one of the states, has ended, or waits for a person. */
async function untilState(
  deps: { readonly db: Db },
  { asker }: Pick<Probe, 'asker'>,
  id: string,
  states: readonly MoveView['state'][],
): Promise<MoveView> {
  const endMs = performance.now() + moveMs
  for (;;) {
    const move = await showMove(deps, id)
    const isStuck = move.waitsFor?.kind === 'needs_person' || move.state === 'paused'
    if (states.includes(move.state) || isEnded(move.state) || isStuck || performance.now() >= endMs) return move
    await sleep(pollMs, undefined, { signal: asker.signal })
  }
}
