import { setImmediate } from 'node:timers/promises'

interface Waiting<In, Out> {
  readonly item: In
  readonly resolve: (out: Out) => void
  readonly reject: (error: unknown) => void
}

/**
 * Turns many single calls into few calls with many items: while one run is under way, those that arrive wait and go
 * together in the next one. A lone call is held back for one turn of the event loop, and then for `gathered`. `run`
 * does all or nothing and answers in the order of its items; a batch that fails is run again item by item, so that one's
 * fault is not another's.
 */
export function batched<In, Out>(
  run: (items: readonly In[]) => Promise<readonly Out[]>,
  maxItems: number,
  gathered?: () => Promise<void>,
): (item: In) => Promise<Out> {
  let waiting: Waiting<In, Out>[] = []
  let running = false

  async function settle(batch: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const outs = await run(batch.map((one) => one.item))
      batch.forEach((one, i) => {
        one.resolve(outs[i] as Out)
      })
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error)
      else for (const one of batch) await settle([one])
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
      await settle(batch)
    }
    running = false
  }

  return (item) =>
    new Promise<Out>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!running) void work()
    })
}
