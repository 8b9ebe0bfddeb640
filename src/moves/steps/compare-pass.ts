import { findParts } from '../copy/find-parts.ts'
import type { MoveRow } from '../state/move-history.ts'
import { passBegins } from '../switch/guard-pass.ts'
import { defaultCopyLanes, defaultCopySplit, type StepContext } from '../sync/step.ts'
import type { SyncParts } from '../sync/sync-parts.ts'
import { compare } from '../verify/compare.ts'
import { compareLanes } from '../verify/compare-lanes.ts'
import type { ComparedRecords, LanesSoFar, PassSoFar } from '../verify/comparison.ts'
import { isBitByBit, readPages } from '../verify/copied-pages.ts'
import { markPass, passMarks } from '../verify/pass-progress.ts'
import { rangeSizeFor } from '../verify/range-digests.ts'
import { matchOf } from '../verify/record-match.ts'

/** Compares all records of both places, in lanes if the first pass over a large place is to be quick. */
export async function comparePass(
  context: StepContext,
  parts: SyncParts,
  at: PassSoFar,
): Promise<{ readonly found: ComparedRecords; readonly inLanes: Pick<LanesSoFar, 'since'> | undefined }> {
  const { db, move, signal, settings } = context
  const { active, follower } = parts
  const options = { signal, match: matchOf(parts.transform, parts.metric), rangeSize: rangeSizeFor(move.total ?? 0) }
  const mark = passMarks(db, move, at, () => context.clock.now())
  // After repairs nothing that was kept is trusted: the next pass reads both places whole.
  const isKept = at.pass === 1 && isBitByBit(parts)
  const lanes = settings.copyLanes ?? defaultCopyLanes
  const inLanes =
    at.lanes ?? (isForLanes(context, parts, at, lanes) ? await beginLanes(context, parts, lanes) : undefined)
  if (inLanes !== undefined) {
    if (at.lanes === undefined) await markPass(db, move, { ...at, lanes: inLanes })
    const found = await compareLanes(active, follower, inLanes, {
      ...options,
      lanes,
      pagesOf: isKept ? ({ prefix, begun }) => readPages(db, move, begun?.lastId, prefix) : undefined,
      onProgress: (reached, isPartDone) => mark({ begun: null, lanes: reached }, isPartDone),
    })
    return { found, inLanes }
  }
  const begun = at.begun ?? undefined
  const found = await compare(active, follower, {
    ...options,
    begun,
    ...(isKept && { pages: readPages(db, move, begun?.lastId) }),
    onProgress: (reached) => mark({ begun: reached }),
  })
  return { found, inLanes: undefined }
}

/** A pass that is under way in one lane stays so, and repairs are looked at in one. */
function isForLanes(
  { move, settings }: { readonly move: MoveRow; readonly settings: StepContext['settings'] },
  { transform }: SyncParts,
  { pass, begun, discarded }: PassSoFar,
  lanes: number,
): boolean {
  const { fromRecords } = settings.copySplit ?? defaultCopySplit
  const isFirst = pass === 1 && begun === null && discarded === undefined
  return isFirst && transform === undefined && lanes > 1 && (move.total ?? 0) >= fromRecords
}

/** @returns undefined where the place can't be split. */
async function beginLanes(context: StepContext, { active }: SyncParts, lanes: number): Promise<LanesSoFar | undefined> {
  const { partsPerLane, pageIds } = context.settings.copySplit ?? defaultCopySplit
  const since = await passBegins(context)
  const open = await findParts(active, { atLeast: lanes * partsPerLane, pageIds, signal: context.signal })
  if (open.length < 2) return undefined
  return { since, done: null, open: open.map(({ prefix, isOneId }) => ({ prefix, ...(isOneId && { isOneId }) })) }
}
