import type { Change, State } from './record-state.ts'

/** One operation of an app on one record, with its time: `from` and `to` are steps of one order. */
export interface Operation {
  /** `change`: what it makes of the record depends on what was there. */
  readonly kind: 'write' | 'change' | 'read'
  /** The value written or seen; undefined: it was deleted, or missing. */
  readonly value?: State
  readonly change?: Change
  readonly from: number
  /** Infinity: it was never answered, so it may have happened at any time since, or not at all. */
  readonly to: number
  readonly by?: string
  /** The operation in words. */
  readonly told?: string
}

/**
 * Whether a record's history could have happened in one order that respects real time (Herlihy and Wing): each
 * operation takes effect at one moment between its beginning and its answer, and a read sees the last write.
 */
export function isLinearizable(history: readonly Operation[], initial: State): boolean {
  // A read that was never answered saw nothing.
  const operations = history.filter((one) => one.kind !== 'read' || one.to !== Number.POSITIVE_INFINITY)
  const failed = new Set<string>()
  const isLeftRight = (left: readonly number[], value: State): boolean => {
    const all = left.map((at) => operations[at] as Operation)
    const mustEnd = Math.min(...all.map((one) => one.to))
    if (mustEnd === Number.POSITIVE_INFINITY) return true
    const key = `${value}|${left.join()}`
    if (failed.has(key)) return false
    for (const [at, one] of all.entries()) {
      // Only what began before everything that is left had ended may come first.
      if (one.from > mustEnd) continue
      if (one.kind === 'read' && one.value !== value) continue
      if (isLeftRight(left.toSpliced(at, 1), after(one, value))) return true
    }
    failed.add(key)
    return false
  }
  return isLeftRight([...operations.keys()], initial)
}

function after(one: Operation, value: State): State {
  if (one.kind === 'read') return value
  return one.change === undefined ? one.value : one.change(value)
}
