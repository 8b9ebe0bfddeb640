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
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) {
      await work(item).then(
        () => done++,
        () => failed++,
      )
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  return { done, failed }
}
