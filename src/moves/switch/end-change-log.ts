import { sql } from 'drizzle-orm'
import { doubledMs } from '../../backoff.ts'
import { changeRouting, lockRouting } from '../../routing/change-routing.ts'
import type { Gate } from '../state/gate.ts'
import { asMover, changeMove } from '../state/move-history.ts'
import { readRouting } from '../state/read-places.ts'
import { ChangeLog } from '../sync/move-changes.ts'
import { next, type StepContext, type StepResult, wait } from '../sync/step.ts'
import { readTail, type Tail } from '../sync/tail.ts'
import { openFence } from './cutover.ts'
import { whatKept } from './fence-gate.ts'

/** Interval at which a fence checks the writes under way that it waits for. */
const lookMs = 20

/**
 * Makes a tenant STEADY where it is. From then on a write does not look for an older write of its record under way, so
 * this happens only when there is none. A tenant that writes all the time always has one: then a fence with a deadline
 * holds new writes until those under way have ended. Nothing is locked while it waits, and no fence is shut for what it
 * cannot wait for.
 *
 * @returns undefined when the tenant is STEADY; else its gate.
 */
export async function endChangeLog(context: StepContext): Promise<StepResult | undefined> {
  const { db, move, settings, clock, signal } = context
  await new ChangeLog(db, move).closeDoubts(settings.storeInDoubtMs)
  const first = await tryToEnd(context)
  if (first === 'steady') return undefined
  if (first === 'changed') return next
  if (!first.isFenced) {
    const gate = await keptFromFence(context, first.tail)
    if (gate !== undefined) return wait(gate, 250)
    await asMover(db, move, async (tx, row) => {
      const { phase, epoch } = await readRouting(tx, row)
      if (phase === 'steady' || phase === 'flip' || phase === 'fence') return
      await changeRouting(tx, row.tenantId, epoch, { phase: 'fence', fenceBudgetMs: settings.fenceBudgetMs })
    })
  }
  await context.at('end: fence entered')
  let because: Gate | undefined
  for (
    const endsAtMs = clock.now() + settings.fenceBudgetMs;
    clock.now() < endsAtMs;
    await clock.sleep(lookMs, signal)
  ) {
    const tried = await tryToEnd(context)
    if (tried === 'steady') return undefined
    if (tried === 'changed') break
    because = whatKept(tried.tail)
    // Another replica opened it at its deadline, or it was shut for nothing: a doubt outlasts any fence.
    if (!tried.isFenced || tried.tail.inDoubt > 0) break
  }
  await asMover(db, move, (tx, row) => openFence(tx, row))
  const retryMs = doubledMs({ baseMs: 500, maxMs: 10_000 }, move.fenceTries)
  return wait({ kind: 'writes_not_ended', ...(because && { because }) }, retryMs)
}

/** `changed`: a person requested something else meanwhile. */
type Tried = 'steady' | 'changed' | { readonly isFenced: boolean; readonly tail: Tail }

/** One transaction that waits for nobody: if no write is under way or in doubt, the change log ends here. */
async function tryToEnd({ db, move }: StepContext): Promise<Tried> {
  return asMover(db, move, async (tx, row) => {
    const { phase, epoch, moveId } = { moveId: undefined, ...(await readRouting(tx, row)) }
    if (phase === 'steady' || moveId !== row.id) return 'steady'
    if (row.request !== move.request) return 'changed'
    // No intent begins while it is held, so what is looked at is the last word.
    const isHeld = await lockRouting(tx, row.tenantId, epoch)
    const tail = await readTail(tx, row.id)
    if (!isHeld || tail.inflight + tail.inDoubt > 0) return { isFenced: phase === 'fence', tail }
    const steady = { phase: 'steady', followerPlaceId: null, moveId: null } as const
    const changed = await changeRouting(tx, row.tenantId, epoch, steady)
    if (changed === undefined) throw new Error('the routing is locked by this transaction')
    await changeMove(tx, row, { barrierTick: changed.tick })
    return 'steady'
  })
}

/** Writes that no fence can outwait: in doubt, of a replica that is gone, or older than a fence may last. */
async function keptFromFence({ db, move, settings }: StepContext, tail: Tail): Promise<Gate | undefined> {
  if (tail.inDoubt > 0) return { kind: 'write_in_doubt', count: tail.inDoubt }
  const [old] = await db.execute<{ count: number }>(sql`
    select count(*)::int as count from dirty left join sessions s on s.id = dirty.session
    where move_id = ${move.id} and state = 'inflight'
      and (s.expires_at < now() or intent_at < clock_timestamp() - make_interval(secs => ${settings.fenceBudgetMs / 1000}))`)
  return old?.count ? { kind: 'write_under_way', count: old.count } : undefined
}
