import type { TenantStore } from '../../stores/store.ts'
import type { CopyPart } from '../state/copy-part.ts'
import type { Transform } from '../transform/transform.ts'
import { type CopiedBatch, copiesAhead } from './copies-ahead.ts'
import { type Batch, type ReadSize, readAhead } from './read-ahead.ts'

/** The place that is copied, and how its records change on the way. */
interface CopySource {
  readonly active: TenantStore
  readonly transform?: Transform | undefined
  readonly embedSignal: AbortSignal
}

/** A batch of a part, ready to be put. */
export interface LaneBatch extends CopiedBatch {
  readonly part: CopyPart
}

/**
 * Reads parts of the active place in several lanes, and yields whatever batches are ready: one of each lane at most.
 * Every lane reads its next batch while the caller works on these, and takes the next part when its own is over.
 */
export async function* readLanes(
  parts: CopySource,
  open: readonly CopyPart[],
  { lanes, size, signal }: { readonly lanes: number; readonly size: ReadSize; readonly signal: AbortSignal },
): AsyncGenerator<readonly LaneBatch[], undefined> {
  const queue = [...open]
  const embedSignal = AbortSignal.any([parts.embedSignal, signal])
  async function* lane(): AsyncGenerator<LaneBatch, undefined> {
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
      for await (const copied of copiesAhead({ ...parts, embedSignal }, batchesOf(part))) yield { part, ...copied }
    }
    return undefined
  }
  const batchesOf = (part: CopyPart): AsyncGenerator<Batch, undefined> =>
    part.isOneId === true
      ? readOne(parts.active, part.prefix, signal)
      : readAhead(parts.active, { prefix: part.prefix, cursor: part.cursor, afterId: part.copiedTo, size, signal })
  yield* whatIsReady(Array.from({ length: Math.min(lanes, open.length) }, lane))
  return undefined
}

async function* readOne(from: TenantStore, id: string, signal: AbortSignal): AsyncGenerator<Batch, undefined> {
  const { records } = await from.fetch([id], { signal })
  yield { ids: [id], records, cursor: undefined, nextCursor: undefined }
  return undefined
}

/** Merges iterators: yields what is ready, at least one value, and asks for more when the caller comes back. */
async function* whatIsReady<T>(iterators: readonly AsyncIterator<T>[]): AsyncGenerator<readonly T[], undefined> {
  type Answer = { readonly from: AsyncIterator<T>; readonly result: IteratorResult<T> }
  const ready: Answer[] = []
  const asked = new Map<AsyncIterator<T>, Promise<void>>()
  const ask = (from: AsyncIterator<T>) => {
    const answered = from.next().then((result) => void ready.push({ from, result }))
    // A caller that stops here never asks how it went.
    answered.catch(() => undefined)
    asked.set(from, answered)
  }
  for (const iterator of iterators) ask(iterator)
  while (asked.size > 0) {
    if (ready.length === 0) await Promise.race(asked.values())
    const answers = ready.splice(0)
    for (const { from } of answers) asked.delete(from)
    const going = answers.filter(({ result }) => result.done !== true)
    if (going.length > 0) yield going.map(({ result }) => result.value)
    for (const { from } of going) ask(from)
  }
  return undefined
}
