import { setImmediate } from 'node:timers/promises'

interface Waiting<In, Out> {
  readonly item: In
  readonly resolve: (out: Out) => void
  readonly reject: (error: unknown) => void
}

/**
 * Combines single calls into batches: while one run is under way, new calls wait and go together in the next. A lone
 * call waits for one turn of the event loop, and then for `gathered`. `run` succeeds or fails as a whole and returns
 * results in the order of its items. A failed batch is run again item by item, so that one item's fault does not fail
 * the others.
 *
 * dataloader gathers calls of one tick, and starts the next batch without waiting for the one under way: under load it
 * would commit many small batches at once, where one that waits takes them all.
 */
export function batched<In, Out>(
  run: (items: readonly In[]) => Promise<readonly Out[]>,
  maxItems: number,
  gathered?: () => Promise<void>,
): (item: In) => Promise<Out> {
  let waiting: Waiting<In, Out>[] = []
  let running = false

  async function deliver(batch: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const outs = await run(batch.map((one) => one.item))
      batch.forEach((one, i) => {
        one.resolve(outs[i] as Out)
      })
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error)
      else for (const one of batch) await deliver([one])
    }
  }

  async function work(): Promise<void> {
    running = true
    while (waiting.length > 0) {
      // Those that were answered together ask again together: the first must not go alone.
      await setImmediate()
      await gathered?.()
      const batch = waiting.slice(0, maxItems)
      waiting = waiting.slice(maxItems)
      await deliver(batch)
    }
    running = false
  }

  return (item) =>
    new Promise<Out>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!running) void work()
    })
}
