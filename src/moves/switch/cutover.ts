import { eq, sql } from 'drizzle-orm'
import { doubledMs } from '../../backoff.ts'
import type { Tx } from '../../db/connect.ts'
import { AppError, isAppError } from '../../errors.ts'
import { places } from '../../registry/places.sql.ts'
import { readBarrier } from '../../routing/barrier.ts'
import { changeRouting } from '../../routing/change-routing.ts'
import type { Gate } from '../state/gate.ts'
import { asMover, changeMove, type MoveChange, type MoveRow } from '../state/move-history.ts'
import { readMoving } from '../state/read-places.ts'
import type { RatesNow } from '../sync/move-rates.ts'
import { barrierOf, type StepContext, type StepResult, wait } from '../sync/step.ts'
import { syncRound } from '../sync/sync.ts'
import { type SyncParts, syncParts } from '../sync/sync-parts.ts'
import { readTail } from '../sync/tail.ts'
import { changeRegion, lockRegion } from './change-region.ts'
import { cannotFinishInTime, fenceGate, isTailDone, pollMs, whatKept } from './fence-gate.ts'
import { guardFence } from './guard-loss.ts'

/**
 * FENCE and FLIP of docs/moves.md section 3, in the direction of the routing: forward in a move, back in a rollback.
 * Outside the fence it catches up until the gate opens; inside it copies and compares the tail, and then swaps the
 * roles in one conditional transaction. Past its deadline the fence is reopened and nothing has happened.
 *
 * @param moveChange the change of the move's row once the roles are swapped.
 * @returns undefined when they are.
 */
export async function cutOver(context: StepContext, moveChange: MoveChange): Promise<StepResult | undefined> {
  const { db, move, settings } = context
  const parts = await syncParts(context)
  if (move.claimedIds.length > 0) await parts.changes.markDirty(move.claimedIds, parts.storeInDoubtMs)
  const routing = await readMoving(db, move)
  if (routing.phase === 'track' || routing.phase === 'soak') {
    const gate = await catchUp(context, parts)
    if (gate !== undefined) return wait(gate, 100)
    await guardFence(context, parts)
    await asMover(db, move, async (tx, row) => {
      const fence = { phase: 'fence', fenceBudgetMs: settings.fenceBudgetMs } as const
      const changed = await changeRouting(tx, row.tenantId, routing.epoch, fence)
      if (changed !== undefined) await changeMove(tx, row, { heldAt: sql`clock_timestamp()`, gate: null })
    })
  } else if (routing.phase !== 'fence') return undefined
  else {
    // Left shut by a mover that died, or by a fault: writes have been held for a while, so it is judged anew.
    const gate = await catchUp(context, parts)
    if (gate !== undefined) {
      await asMover(db, move, (tx, row) => openFence(tx, row))
      return wait(gate, 100)
    }
  }
  context.rates.waitedEnough()
  await context.at('fence: entered')
  const fenced = await readMoving(db, move)
  if (fenced.phase !== 'fence') return wait({ kind: 'switch_missed' }, 100)
  const endsAtMs = context.clock.now() + (await fenceLeftMs(context))
  let kept = whatKept(await parts.changes.tail())
  using model = limitedModel(context, endsAtMs)
  const held = { ...parts, mayDrop: false, embedSignal: model.signal }
  while (context.clock.now() < endsAtMs) {
    if (!(await syncedWithin(held))) break
    const tail = await parts.changes.tail()
    kept = whatKept(tail)
    if (isTailDone(tail)) {
      await context.at('fence: tail synced')
      if (await asMover(db, move, (tx, row) => changeRoute(tx, row, moveChange))) return undefined
      break
    }
    if (cannotFinishInTime(tail, endsAtMs - context.clock.now(), parts.storeVisibleMs)) break
    await context.clock.sleep(pollMs(ratesOf(context, parts)), context.signal)
  }
  await asMover(db, move, (tx, row) => openFence(tx, row))
  // Longer after each try: whatever was in the way needs time.
  const retryMs = doubledMs({ baseMs: 500, maxMs: 10_000 }, move.fenceTries)
  return wait({ kind: 'switch_missed', ...(kept && { because: kept }) }, retryMs)
}

/** Ends a wait for an embedding model with the fence: no write is held for it any longer. */
function limitedModel({ clock, signal }: StepContext, endsAtMs: number): Disposable & { readonly signal: AbortSignal } {
  const [limit, over] = [new AbortController(), new AbortController()]
  const words = 'The embedding model did not answer while writes were held.'
  clock.sleep(Math.max(0, endsAtMs - clock.now()), over.signal).then(
    () => limit.abort(new AppError('embedding_unavailable', words)),
    () => undefined,
  )
  return { signal: AbortSignal.any([limit.signal, signal]), [Symbol.dispose]: () => over.abort() }
}

/** Carries over what is ready while writes are held. @returns false when an embedding model is away or too slow. */
async function syncedWithin(held: SyncParts): Promise<boolean> {
  try {
    await syncRound(held)
    return true
  } catch (fault) {
    if (isAppError(fault, 'embedding_unavailable')) return false
    throw fault
  }
}

async function catchUp(context: StepContext, parts: SyncParts): Promise<Gate | undefined> {
  const { db, move, settings, rates } = context
  const { synced, verified } = await syncRound(parts)
  if (synced + verified > 0) await context.at('sync: carried over')
  const { behind } = await readBarrier(db, barrierOf(move), settings.storeInDoubtMs)
  const tail = await parts.changes.tail()
  const { fenceBudgetMs } = settings
  const now = ratesOf(context, parts)
  return fenceGate({ tail, behind, rates: now, fenceBudgetMs, waitedMs: rates.waitedMs(), fenceTries: move.fenceTries })
}

function ratesOf({ rates }: StepContext, { active, follower }: SyncParts): RatesNow {
  return rates.now(active.placement.placeId, follower.placement.placeId)
}

/** By Postgres's clock, which set the deadline: ours may be off by more than a fence lasts. */
async function fenceLeftMs({ db, move }: StepContext): Promise<number> {
  const [row] = await db.execute<{ ms: number }>(sql`
    select (extract(epoch from fence_deadline - clock_timestamp()) * 1000)::float8 as ms from routing
    where tenant_id = ${move.tenantId} and phase = 'fence'`)
  return row?.ms ?? 0
}

/** One transaction: before the deadline and with nothing left to copy, the roles swap; with them, a relocation's region. */
async function changeRoute(tx: Tx, row: MoveRow, moveChange: MoveChange): Promise<boolean> {
  const routing = await readMoving(tx, row)
  if (routing.phase !== 'fence') return false
  // A person who cancelled was answered that the switch is still ahead.
  if (row.request === 'cancel') return false
  const { active, follower, epoch } = routing
  // The fence let no new row in, so this is the last word.
  if (!isTailDone(await readTail(tx, row.id))) return false
  await tx.update(places).set({ state: 'follower' }).where(eq(places.id, active.placeId))
  await tx.update(places).set({ state: 'active' }).where(eq(places.id, follower.placeId))
  const region = await lockRegion(tx, row, follower.placeId === row.targetPlaceId)
  const change = { phase: 'flip', activePlaceId: follower.placeId, followerPlaceId: active.placeId } as const
  const changed = await changeRouting(tx, row.tenantId, epoch, change, sql`fence_deadline > clock_timestamp()`)
  if (changed === undefined) {
    await tx.update(places).set({ state: 'follower' }).where(eq(places.id, follower.placeId))
    await tx.update(places).set({ state: 'active' }).where(eq(places.id, active.placeId))
    return false
  }
  if (region !== undefined) await changeRegion(tx, row, region)
  const switched = { request: null, barrierTick: changed.tick, switchedAt: sql`clock_timestamp()`, gate: null } as const
  const detail = region === undefined ? {} : { region: region.after }
  await changeMove(tx, row, { ...moveChange, ...switched }, detail)
  return true
}

/**
 * Lets writes continue at the old place; any replica also does so when a fence is past its deadline (docs/moves.md L1).
 */
export async function openFence(tx: Tx, row: MoveRow): Promise<void> {
  const routing = await readMoving(tx, row)
  if (routing.phase !== 'fence') return
  const phase = phaseBefore(row, routing.active.placeId)
  const changed = await changeRouting(tx, row.tenantId, routing.epoch, { phase })
  if (changed === undefined) return
  await changeMove(tx, row, { fenceTries: sql`fence_tries + 1`, barrierTick: changed.tick })
}

/** The phase in which a fence was shut: before the barrier of ARM, with the source active, or with the target. */
function phaseBefore(row: MoveRow, activePlaceId: number): 'arm' | 'track' | 'soak' {
  if (activePlaceId === row.targetPlaceId) return 'soak'
  // A move that is given up copies nothing any more, whether it had begun to or not.
  return row.state === 'arming' || (row.state === 'cancelling' && row.total === null) ? 'arm' : 'track'
}
