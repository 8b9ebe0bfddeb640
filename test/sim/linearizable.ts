/** One thing that an app did to one record, and when: `from` and `to` are steps of one order. */
export interface Operation {
  readonly kind: 'write' | 'read'
  /** What was written or seen; undefined: it was deleted, or was not there. */
  readonly value: number | undefined
  readonly from: number
  /** Infinity: it was never answered, so it may have happened at any time since, or not at all. */
  readonly to: number
  readonly by?: string
}

/**
 * Whether a record's history could have happened in one order that respects real time (Herlihy and Wing): each
 * operation takes effect at one moment between its beginning and its answer, and a read sees the last write.
 */
export function isLinearizable(history: readonly Operation[], initial: number | undefined): boolean {
  // A read that was never answered saw nothing.
  const operations = history.filter((one) => one.kind === 'write' || one.to !== Number.POSITIVE_INFINITY)
  const failed = new Set<string>()
  const isLeftRight = (left: readonly Operation[], value: number | undefined): boolean => {
    const mustEnd = Math.min(...left.map((one) => one.to))
    if (mustEnd === Number.POSITIVE_INFINITY) return true
    const key = `${value}|${left.map((one) => operations.indexOf(one)).join()}`
    if (failed.has(key)) return false
    for (const one of left) {
      // Only what began before everything that is left had ended may come first.
      if (one.from > mustEnd) continue
      if (one.kind === 'read' && one.value !== value) continue
      const rest = left.filter((other) => other !== one)
      if (isLeftRight(rest, one.kind === 'write' ? one.value : value)) return true
    }
    failed.add(key)
    return false
  }
  return isLeftRight(operations, initial)
}
