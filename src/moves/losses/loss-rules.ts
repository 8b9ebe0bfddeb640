import type { StopReason } from '../state/stop-reason.ts'

/**
 * The share of all records that a move repairs automatically. An undisturbed move has nothing to repair, and one lost
 * batch causes a handful. One in a hundred is more than that, and few enough for a person to review.
 */
const mendedShare = 0.01
/** Minimum for a small tenant, whose hundredth is smaller than one lost batch. */
const mendedAtLeast = 10
/** Maximum for a large tenant: their ids are kept in memory until they are put again. */
export const mendedIdsAtMost = 100_000

/** Records that a move of this size puts again automatically, at most. */
function mendedAtMost(records: number): number {
  return Math.min(mendedIdsAtMost, Math.max(mendedAtLeast, Math.ceil(records * mendedShare)))
}

/** A place of up to this many records is listed again for a difference of one. */
const listedForOne = 10_000

/** A difference of the store's own counters that causes no second look: they lag, and a large place takes long to list. */
export function toleratedUnlisted(records: number): number {
  return records <= listedForOne ? 0 : mendedAtMost(records)
}

/** The findings of a pass over all records, and the expected ones. */
export interface PassFindings {
  /** Records of the source and of the target, by their listings. */
  readonly sourceRecords: number
  readonly targetRecords: number
  /** Records that nobody wrote since the move began: to put in the target, and to delete from it. */
  readonly toPut: number
  readonly toDelete: number
  /** Chunks, by the inventory, of the documents stored before the pass began. */
  readonly inventoryRecords: number
  /** Records that the move has seen in the source, without those deleted since. */
  readonly seenRecords: number
}

/** Whether a listing shows so much less than expected that it is repeated. */
export function isTooFew({ sourceRecords, inventoryRecords, seenRecords }: PassFindings): boolean {
  const expected = Math.max(inventoryRecords, seenRecords)
  return expected - sourceRecords > mendedAtMost(expected)
}

/** Why a pass may not be trusted, or its repairs not be made; undefined when they may. */
export function whyNoRepair(found: PassFindings, acceptedLoss: number): StopReason | undefined {
  const { sourceRecords, targetRecords, toPut, toDelete, inventoryRecords, seenRecords } = found
  if (toDelete > acceptedLoss) {
    const words = `The source shows ${sourceRecords} records and the copy ${targetRecords}: ${toDelete} that nobody deleted are gone from the source.`
    return { words, records: toDelete }
  }
  if (isTooFew(found)) {
    const expected = Math.max(inventoryRecords, seenRecords)
    const lost = expected - sourceRecords
    const by = inventoryRecords >= seenRecords ? 'the inventory of documents knows' : 'the move has seen there'
    if (lost > acceptedLoss)
      return { words: `The source shows ${sourceRecords} records, where ${by} ${expected}.`, records: lost }
  }
  if (toPut > Math.max(mendedAtMost(sourceRecords), acceptedLoss)) {
    const words = `The copy lacks ${toPut} of ${sourceRecords} records that nobody wrote, or has them with other contents.`
    return { words, records: toPut }
  }
  return undefined
}

/** Why records without a text may not stay behind; undefined when they may. */
export function whyNotLeaveBehind(
  { leftBehind }: { readonly leftBehind: number },
  { leaveBehind, acceptedLoss }: { readonly leaveBehind: number; readonly acceptedLoss: number },
): StopReason | undefined {
  if (leftBehind <= Math.max(leaveBehind, acceptedLoss)) return undefined
  const words = `${leftBehind} record(s) have no text, so the new model has no vector for them: they would stay behind.`
  return { words, records: leftBehind }
}

/** Two places by their listed ids; differences that the change log explains are excluded. */
export interface PlaceCounts {
  readonly activeRecords: number
  readonly followerRecords: number
  /** Only in the active place, and only in the follower. */
  readonly missing: number
  readonly extra: number
}

/** Why the follower may not become the active place; undefined when it may. */
export function whyNoSwitch(counts: PlaceCounts, acceptedLoss: number): StopReason | undefined {
  const { activeRecords, followerRecords, missing } = counts
  if (missing <= Math.max(mendedAtMost(activeRecords), acceptedLoss)) return undefined
  const words = `The place to switch to shows ${followerRecords} records and the one in use ${activeRecords}: ${missing} are gone from it.`
  return { words, records: missing }
}

/** Why the follower may not be given up; undefined when the active place has everything that it has. */
export function whyKeepFollower(counts: PlaceCounts, acceptedLoss: number): StopReason | undefined {
  const { activeRecords, followerRecords, extra } = counts
  if (extra <= acceptedLoss) return undefined
  const words = `The place in use shows ${activeRecords} records and the one to be deleted ${followerRecords}: ${extra} that nobody deleted are left in that one alone.`
  return { words, records: extra }
}

/**
 * Minimum share of the purged place's records that the remaining place must show, where ids were not compared: the log
 * has ended and the app may delete at will. Apps rarely delete half of everything in passing.
 */
const keptShare = 0.5
/** Below this many records the share proves nothing; none left still does. */
const fewRecords = 20

/**
 * Why a place that was not compared may not be purged; undefined when it may. `undefined` for the remaining place: it
 * is gone.
 */
export function whyNoPurge(kept: number | undefined, purged: number, acceptedLoss: number): StopReason | undefined {
  const records = purged - (kept ?? 0)
  if (purged === 0 || records <= acceptedLoss) return undefined
  const isFew = purged < fewRecords ? (kept ?? 0) > 0 : (kept ?? 0) >= purged * keptShare
  if (isFew && kept !== undefined) return undefined
  const shows = kept === undefined ? 'is gone' : `shows ${kept} records`
  return { words: `The place to be deleted holds ${purged} records, and the one that stays ${shows}.`, records }
}
