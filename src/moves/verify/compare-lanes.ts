import type { TenantStore } from '../../stores/store.ts'
import { budgetedSize } from '../copy/read-size.ts'
import { compare } from './compare.ts'
import type { ComparedPart, ComparedRecords, LanesSoFar } from './comparison.ts'
import type { CopiedPage } from './copied-pages.ts'
import { PageSample } from './cut-listing.ts'
import { DigestSum } from './digests-of-many.ts'
import type { RecordMatch } from './record-match.ts'
import { ComparisonTally } from './tally.ts'

/** Called after each batch of a lane, and when a part is done; once at a time. */
type SaveLanes = (lanes: LanesSoFar, isPartDone: boolean) => Promise<void>

interface LaneOptions {
  readonly lanes: number
  readonly signal: AbortSignal
  readonly match: RecordMatch
  readonly rangeSize: number
  /** The kept pages of a part, from its position on. */
  readonly pagesOf?: ((part: ComparedPart) => AsyncIterator<CopiedPage>) | undefined
  readonly onProgress: SaveLanes
}

/**
 * Compares two places part by part, several at once; every lane takes the next part when its own is over. Both places
 * are listed by prefix, and what such a listing hides is not seen: whoever asks compares the totals with the stores'
 * own counters (`switch/lane-totals.ts`).
 */
export async function compareLanes(
  source: TenantStore,
  target: TenantStore,
  begun: LanesSoFar,
  options: LaneOptions,
): Promise<ComparedRecords> {
  const { lanes, match, rangeSize, pagesOf, onProgress } = options
  const stopping = new AbortController()
  const shared = { match, rangeSize, signal: AbortSignal.any([options.signal, stopping.signal]) }
  // A lane holds batches of both places.
  const [size, sample] = [budgetedSize(2 * lanes), new PageSample()]
  const progress = new LaneProgress(begun, onProgress)
  const queue = [...begun.open]
  const compareOnePart = (part: ComparedPart): Promise<ComparedRecords> => {
    if (part.isOneId === true) return compareOneId(source, target, part.prefix, shared)
    const { prefix } = part
    const pages = pagesOf && { pages: pagesOf(part) }
    return compare(source, target, {
      ...shared,
      ...pages,
      prefix,
      size,
      sample,
      begun: part.begun,
      onProgress: (reached) => progress.reached(part, { prefix, begun: reached }),
    })
  }
  const lane = async () => {
    try {
      for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
        const found = await compareOnePart(part)
        shared.signal.throwIfAborted()
        await progress.done(part, found)
      }
    } catch (fault) {
      // The first one is thrown, once no lane works any more.
      stopping.abort(fault)
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, queue.length) }, lane))
  stopping.signal.throwIfAborted()
  return progress.found
}

/** Findings of all lanes together so far. */
class LaneProgress {
  readonly #since: string
  readonly #open: Map<ComparedPart, ComparedPart>
  readonly #save: SaveLanes
  #done: ComparedRecords | null
  #saving: Promise<void> = Promise.resolve()

  constructor({ since, done, open }: LanesSoFar, save: SaveLanes) {
    this.#since = since
    this.#done = done
    this.#open = new Map(open.map((part) => [part, part]))
    this.#save = save
  }

  get found(): ComparedRecords {
    return this.#done ?? noRecords
  }

  reached(part: ComparedPart, to: ComparedPart): Promise<void> {
    this.#open.set(part, to)
    return this.#saved(false)
  }

  done(part: ComparedPart, found: ComparedRecords): Promise<void> {
    this.#open.delete(part)
    this.#done = this.#done === null ? found : merged(this.#done, found)
    return this.#saved(true)
  }

  /** One save at a time, each of what is known when it begins: a later one never keeps less. */
  #saved(isPartDone: boolean): Promise<void> {
    const save = () => this.#save({ since: this.#since, done: this.#done, open: [...this.#open.values()] }, isPartDone)
    this.#saving = this.#saving.then(save)
    // Each lane waits for its own, and learns of a fault there.
    this.#saving.catch(() => undefined)
    return this.#saving
  }
}

const noRecords: ComparedRecords = {
  sourceRecords: 0,
  readAgain: 0,
  targetRecords: 0,
  equal: 0,
  toPut: [],
  toDelete: [],
  leftBehind: 0,
  supplied: 0,
  sample: [],
  unstamped: [],
  misfits: 0,
  misfit: null,
  digestSum: new DigestSum(undefined).hex,
  ranges: [],
}

/** The findings of two parts. Records of a move that transforms are compared in one lane: none are drawn here. */
function merged(one: ComparedRecords, other: ComparedRecords): ComparedRecords {
  const sum = new DigestSum(one.digestSum)
  sum.add(other.digestSum)
  return {
    sourceRecords: one.sourceRecords + other.sourceRecords,
    readAgain: one.readAgain + other.readAgain,
    targetRecords: one.targetRecords + other.targetRecords,
    equal: one.equal + other.equal,
    toPut: [...one.toPut, ...other.toPut],
    toDelete: [...one.toDelete, ...other.toDelete],
    leftBehind: one.leftBehind + other.leftBehind,
    supplied: one.supplied + other.supplied,
    sample: [...one.sample, ...other.sample],
    unstamped: [...one.unstamped, ...other.unstamped],
    misfits: one.misfits + other.misfits,
    misfit: one.misfit ?? other.misfit,
    digestSum: sum.hex,
    ranges: [...one.ranges, ...other.ranges].toSorted((a, b) => (a.firstId < b.firstId ? -1 : 1)),
  }
}

/** An id that other ids begin with can't be listed alone. */
async function compareOneId(
  source: TenantStore,
  target: TenantStore,
  id: string,
  { match, rangeSize, signal }: Pick<LaneOptions, 'match' | 'rangeSize' | 'signal'>,
): Promise<ComparedRecords> {
  const [here, there] = await Promise.all([source.fetch([id], { signal }), target.fetch([id], { signal })])
  const [record, copied] = [here.records.get(id), there.records.get(id)]
  const tally = new ComparisonTally(match, rangeSize, undefined)
  tally.listed(copied === undefined ? 0 : 1)
  if (record !== undefined) tally.pair(record, copied)
  else if (copied !== undefined) tally.surplus([id])
  return { ...tally.found, ranges: tally.ranges.end() }
}
