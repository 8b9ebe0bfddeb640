import type { TenantStore } from '../../stores/store.ts'
import { countedBy, countPlaces, deletedByLog, explainedByLog, isGone, isIndexGone } from '../losses/count-places.ts'
import type { PlaceCounts } from '../losses/loss-rules.ts'
import { toleratedUnlisted, whyKeepFollower, whyNoSwitch } from '../losses/loss-rules.ts'
import { readRouting } from '../state/read-places.ts'
import { NeedsPerson, type StopReason } from '../state/stop-reason.ts'
import { noWayBack } from '../sync/lost-places.ts'
import type { StepContext } from '../sync/step.ts'
import type { SyncParts } from '../sync/sync-parts.ts'
import { transformBetween } from '../transform/transform-between.ts'

/** @throws NeedsPerson unless there is no reason. */
export function stopIf(reason: StopReason | undefined): void {
  if (reason !== undefined) throw new NeedsPerson(reason)
}

/** Rows marked per transaction, which holds the move's row. */
const markedAtOnce = 1000

/**
 * Counts both places before the follower becomes the active one, and has all that it lacks put there first.
 * @throws NeedsPerson when the follower lacks more than a move repairs automatically, or than was accepted.
 */
async function guardSwitch(context: StepContext, parts: SyncParts): Promise<void> {
  const counts = await countBoth(context, parts)
  stopIf(whyNoSwitch(counts, context.move.acceptedLoss))
  for (let from = 0; from < counts.missingIds.length; from += markedAtOnce)
    await parts.changes.markDirty(counts.missingIds.slice(from, from + markedAtOnce))
}

/**
 * Guards a rollback: X must have everything that Y has. A missing Y cannot be compared, and its last writes are lost;
 * the log tells which.
 * @throws NeedsPerson
 */
export async function guardRollback(context: StepContext, parts: SyncParts): Promise<void> {
  const { move, signal } = context
  if (!(await isGone(parts.active, signal))) {
    // A namespace that is gone is made by the puts of an accepted loss; an index is not.
    if (await isIndexGone(parts.follower, signal)) throw new NeedsPerson({ words: noWayBack, records: 0 })
    return guardSwitch(context, parts)
  }
  if (await isGone(parts.follower, signal))
    throw new NeedsPerson({ words: 'Both places are gone: the one in use and the one to go back to.', records: 0 })
  const records = await parts.changes.countLost()
  if (records <= move.acceptedLoss) return
  throw new NeedsPerson({
    words: `The place in use is gone, with ${records} write(s) that the old one lacks.`,
    records,
  })
}

/**
 * The last look before writes are held. The store's own counters lag, so a difference only causes a second look: a
 * count of both places by their listings.
 * @throws NeedsPerson
 */
export async function guardFence(context: StepContext, parts: SyncParts): Promise<void> {
  const { active, follower } = parts
  const [here, there] = await Promise.all([active, follower].map((store) => countedBy(store, context.signal)))
  if (here === undefined && parts.isSwitched) return
  const records = here ?? 0
  if (there === undefined || records - there > toleratedUnlisted(records)) await guardSwitch(context, parts)
}

/**
 * Counts both places before the follower is given up. @throws NeedsPerson when it has records that the active place
 * lacks.
 */
export async function guardEnd(
  { db, move, settings, signal }: StepContext,
  { active, follower, transform }: Pick<SyncParts, 'active' | 'follower' | 'transform'>,
): Promise<void> {
  if (await isGone(follower, signal)) return
  const inLog = (ids: readonly string[]) => deletedByLog(db, move.id, ids, settings.storeVisibleMs)
  const explained = andLeftBehind(inLog, transform, follower, signal)
  stopIf(whyKeepFollower(await countPlaces(active, follower, { signal, explained }), move.acceptedLoss))
}

/**
 * The same for a place that is about to be purged.
 * @returns false when the change log has ended, and nothing tells what the app has deleted since.
 * @throws NeedsPerson
 */
export async function guardPurge(context: StepContext, placeId: number): Promise<boolean> {
  const { db, stores, move } = context
  const routing = await readRouting(db, move)
  if (routing.phase === 'steady' || routing.moveId !== move.id) return false
  const { active, follower } = routing
  if (follower.placeId !== placeId) throw new Error(`place ${placeId} is in use and is not given up`)
  const transform = await transformBetween(context, active, follower)
  await guardEnd(context, { active: stores.open(active), follower: stores.open(follower), transform })
  return true
}

function countBoth(
  { db, move, settings, signal }: StepContext,
  { active, follower, transform }: SyncParts,
): Promise<PlaceCounts & { readonly missingIds: readonly string[] }> {
  const inLog = (ids: readonly string[]) => explainedByLog(db, move.id, ids, settings.storeVisibleMs)
  const explained = andLeftBehind(inLog, transform, transform?.isForward === true ? active : follower, signal)
  return countPlaces(active, follower, { signal, explained })
}

type Explained = (ids: readonly string[]) => Promise<ReadonlySet<string>>

/** Adds the records of the old place that have neither a text nor a supplied vector: the new one may lack them. */
function andLeftBehind(
  inLog: Explained,
  transform: SyncParts['transform'],
  old: TenantStore,
  signal: AbortSignal,
): Explained {
  if (transform === undefined) return inLog
  return async (ids) => {
    const logged = await inLog(ids)
    const open = ids.filter((id) => !logged.has(id))
    if (open.length === 0) return logged
    // What is gone left nothing behind.
    if (await isIndexGone(old, signal)) return logged
    const { records } = await old.fetch(open, { signal })
    return new Set([...logged, ...(await transform.leftBehind([...records.values()]))])
  }
}
