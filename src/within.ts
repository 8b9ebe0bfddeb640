/**
 * Waits for the work up to `limitMs`. When time is up first, the result is that of `late`, which may throw, and without
 * it `undefined`. The work itself goes on, and its outcome is ignored then.
 */
export function within<T>(limitMs: number, work: PromiseLike<T>): Promise<T | undefined>
export function within<T, L>(limitMs: number, work: PromiseLike<T>, late: () => L): Promise<T | L>
export async function within<T>(
  limitMs: number,
  work: PromiseLike<T>,
  late: () => unknown = () => undefined,
): Promise<unknown> {
  const timeUp = Promise.withResolvers<typeof isLate>()
  const timer = setTimeout(timeUp.resolve, limitMs, isLate)
  try {
    const first = await Promise.race([work, timeUp.promise])
    return first === isLate ? late() : first
  } finally {
    clearTimeout(timer)
  }
}

const isLate = Symbol('late')
