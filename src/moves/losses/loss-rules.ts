import type { StopReason } from '../state/stop-reason.ts'

/**
 * What a move mends by itself, as a share of all records. A move that nothing disturbs has nothing to mend; a handful
 * can come of one lost batch. One in a hundred is more than that, and few enough for a person to look at.
 */
const mendedShare = 0.01
/** Of a small tenant a hundredth is less than one batch that went wrong. */
const mendedAtLeast = 10

/** How many of so many records a move puts again by itself. */
export function mendedAtMost(records: number): number {
  return Math.max(mendedAtLeast, Math.ceil(records * mendedShare))
}

/** What a pass over all records found, and what it should have found. */
export interface PassFindings {
  /** Records of the source and of the target, by their listings. */
  readonly sourceRecords: number
  readonly targetRecords: number
  /** Records nobody wrote since the move began: to be put in the target, and to be deleted from it. */
  readonly toPut: number
  readonly toDelete: number
  /** Chunks of the documents that were stored before the pass began, by the inventory. */
  readonly inventoryRecords: number
  /** Records that the move has seen in the source, without those that were deleted since. */
  readonly seenRecords: number
}

/** Whether a listing shows so much less than it should that it is looked at again. */
export function isTooFew({ sourceRecords, inventoryRecords, seenRecords }: PassFindings): boolean {
  const expected = Math.max(inventoryRecords, seenRecords)
  return expected - sourceRecords > mendedAtMost(expected)
}

/** Why a pass may not be believed, or its repairs not be carried out; undefined when they may. */
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

/** Two places by the ids that they list; what the change log answers for is left out of the differences. */
export interface PlaceCounts {
  readonly activeRecords: number
  readonly followerRecords: number
  /** In the active place alone, and in the follower alone. */
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

/** Why the follower may not be given up; undefined when the active place has all that it has. */
export function whyKeepFollower(counts: PlaceCounts, acceptedLoss: number): StopReason | undefined {
  const { activeRecords, followerRecords, extra } = counts
  if (extra <= acceptedLoss) return undefined
  const words = `The place in use shows ${activeRecords} records and the one to be deleted ${followerRecords}: ${extra} that nobody deleted are left in that one alone.`
  return { words, records: extra }
}

/**
 * The least that the place which stays has to show of what the one to be purged does, where the ids were not compared:
 * the log has ended and the app may delete as it likes. Half of everything is more than an app does by the way.
 */
const keptShare = 0.5
/** Of so few the half says nothing; none at all does. */
const fewRecords = 20

/** Why a place that was not compared may not be purged; undefined when it may. `undefined` for the place that stays: it is gone. */
export function whyNoPurge(kept: number | undefined, purged: number, acceptedLoss: number): StopReason | undefined {
  const records = purged - (kept ?? 0)
  if (purged === 0 || records <= acceptedLoss) return undefined
  const isFew = purged < fewRecords ? (kept ?? 0) > 0 : (kept ?? 0) >= purged * keptShare
  if (isFew && kept !== undefined) return undefined
  const shows = kept === undefined ? 'is gone' : `shows ${kept} records`
  return { words: `The place to be deleted holds ${purged} records, and the one that stays ${shows}.`, records }
}
