/**
 * Runs the work for each item, up to `atOnce` at the same time. The first fault is thrown; items that nobody has begun
 * by then are left.
 */
export async function allLimited<T>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = Iterator.from(items)
  let isOver = false
  const worker = async () => {
    try {
      for (let next = queue.next(); !isOver && !next.done; next = queue.next()) await work(next.value)
    } finally {
      isOver = true
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/**
 * Runs the work for each item, up to `atOnce` at the same time. Returns how many succeeded and how many failed. A fault
 * does not end the rest. p-limit leaves that to its callers, who would write these lines beside it.
 */
export async function eachLimited<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<{ readonly done: number; readonly failed: number }> {
  let done = 0
  let failed = 0
  await allLimited(items, atOnce, (item) =>
    work(item).then(
      () => done++,
      () => failed++,
    ),
  )
  return { done, failed }
}
