import { isSameSpace, type Placement } from '../../placement/placement.ts'
import type { VectorRecord } from '../../stores/store.ts'
import { NeedsPerson } from '../state/stop-reason.ts'

/** How far a vector's length may be from 1: cosine and dot product then differ by as little. */
const lengthTolerance = 0.001

/** Records that may not go to an index of the other metric. */
export interface Misfits {
  readonly misfits: number
  /** The first one by id, with the reason; null: there is none. */
  readonly misfit: string | null
}

/**
 * The rules of two places that compare by different metrics (docs/moves.md). Vectors that go over as they are must be
 * of unit length, where cosine and dot product are the same; an index that compares by cosine takes no sparse values.
 */
export class MetricChange {
  readonly #from: Placement
  readonly #into: Placement
  /** Whether the copies go to the new place; false: back to the old one. */
  readonly #isForward: boolean

  constructor(from: Placement, into: Placement, sourcePlaceId: number) {
    this.#from = from
    this.#into = into
    this.#isForward = into.placeId !== sourcePlaceId
  }

  /** The copy as the other place takes it: the old one gets no sparse values that it can't hold. */
  copyOf(record: VectorRecord): VectorRecord {
    return this.#isForward || this.#into.vectors.metric === 'dotproduct' ? record : withoutSparse(record)
  }

  /** The part of a record that both places can have. */
  commonOf(record: VectorRecord): VectorRecord {
    return withoutSparse(record)
  }

  /** Why a record may not go to the new place as it is, with its id; undefined when it may. */
  misfitOf(record: VectorRecord): string | undefined {
    return this.#isForward ? (this.#sparseMisfit(record) ?? this.#lengthMisfit(record)) : undefined
  }

  /** Counts the records that may not go to the new place as they are. */
  countMisfits(records: Iterable<VectorRecord>): Misfits {
    return countBy(records, (record) => this.misfitOf(record))
  }

  /** @throws NeedsPerson for records with sparse values that the new place would refuse. */
  refuseSparse(records: Iterable<VectorRecord>): void {
    if (this.#isForward) refuseMisfits(countBy(records, (record) => this.#sparseMisfit(record)))
  }

  #sparseMisfit({ id, sparseValues }: VectorRecord): string | undefined {
    const { metric } = this.#into.vectors
    if (metric === 'dotproduct' || sparseValues === undefined) return undefined
    return `${id}: it has sparse values, which an index that compares by ${metric} does not take`
  }

  #lengthMisfit({ id, values }: VectorRecord): string | undefined {
    const [from, into] = [this.#from.vectors, this.#into.vectors]
    if (!isSameSpace(from, into)) return undefined
    const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
    if (Math.abs(length - 1) <= lengthTolerance) return undefined
    return `${id}: its vector is ${Number(length.toPrecision(4))} long, and only vectors of length 1 compare alike by ${from.metric} and ${into.metric}`
  }
}

function countBy(records: Iterable<VectorRecord>, misfitOf: (record: VectorRecord) => string | undefined): Misfits {
  let [misfits, misfit]: [number, string | null] = [0, null]
  for (const record of records) {
    const found = misfitOf(record)
    if (found === undefined) continue
    misfits += 1
    misfit ??= found
  }
  return { misfits, misfit }
}

/** Stops a move before its switch. @throws NeedsPerson when there are misfits. */
export function refuseMisfits({ misfits, misfit }: Misfits): void {
  if (misfit === null) return
  const words = `${misfits} record(s) can't go to an index of another metric as they are, as ${misfit}. Put them again so that they can, or cancel the move.`
  throw new NeedsPerson({ words, records: 0 })
}

/** The rules of a move from one of its places to the other; undefined where both compare by the same metric. */
export function metricBetween(
  { sourcePlaceId }: { readonly sourcePlaceId: number },
  from: Placement,
  into: Placement,
): MetricChange | undefined {
  if (from.vectors.metric === into.vectors.metric) return undefined
  return new MetricChange(from, into, sourcePlaceId)
}

function withoutSparse(record: VectorRecord): VectorRecord {
  if (record.sparseValues === undefined) return record
  const { sparseValues: _, ...rest } = record
  return rest
}
