import { AppError, isAppError } from '../errors.ts'

/**
 * Concurrent batches. Few, since the vendor limits a namespace's bytes per second, and one tenant's write must not
 * crowd out its neighbours.
 */
const atOnce = 4

/**
 * Runs `call` on every batch, a few at once, and returns the results in batch order. After a fault it starts no further
 * batch and waits for the ones under way: when it returns, nothing is still being sent.
 *
 * @throws the first fault of a batch; for writes that are partly done or in doubt, AppError `outcome_unknown`: the
 *   other codes promise that nothing was changed.
 */
export async function eachBatch<B, T>(
  batches: readonly B[],
  kind: 'read' | 'write',
  call: (batch: B) => Promise<T>,
): Promise<T[]> {
  const [only] = batches
  if (only !== undefined && batches.length === 1) return [await call(only)]
  const done = new Map<number, T>()
  const faults: unknown[] = []
  const queue = batches.entries()
  const work = async () => {
    for (const [position, batch] of queue) {
      try {
        done.set(position, await call(batch))
      } catch (fault) {
        faults.push(fault)
      }
      if (faults.length > 0) return
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, batches.length) }, work))
  if (faults.length === 0) return [...done.entries()].toSorted(([a], [b]) => a - b).map(([, answer]) => answer)
  const inDoubt = faults.find((fault) => isAppError(fault, 'outcome_unknown'))
  if (inDoubt !== undefined) throw inDoubt
  const [first] = faults
  if (kind === 'read' || done.size === 0) throw first
  const reason = isAppError(first) ? ` ${first.message}` : ''
  throw new AppError('outcome_unknown', `A part of this write was done before it was refused.${reason}`, {
    cause: first,
  })
}
