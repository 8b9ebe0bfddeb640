import type { VectorRecord } from '../../stores/store.ts'
import type { Transform } from '../transform/transform.ts'
import type { Batch } from './read-ahead.ts'

/** A batch, and its records as the target gets them. */
export interface CopiedBatch {
  readonly batch: Batch
  /** Without the records that stay behind, having no text. */
  readonly copies: readonly VectorRecord[]
  /** Tokens that were embedded. */
  readonly tokens: number
}

/**
 * The batches of a place with their copies. Where the move transforms, the next batch is embedded while the caller works
 * on one, so that the model determines the time. A text that changes after its read has a newer row in the change log,
 * and is dropped when the batch is claimed, or carried over afterwards.
 */
export async function* copiesAhead(
  { transform, embedSignal }: { readonly transform?: Transform | undefined; readonly embedSignal: AbortSignal },
  batches: AsyncIterableIterator<Batch>,
): AsyncGenerator<CopiedBatch, undefined> {
  if (transform === undefined) {
    for await (const batch of batches) yield { batch, copies: [...batch.records.values()], tokens: 0 }
    return undefined
  }
  const begin = (): Promise<CopiedBatch | undefined> => {
    const making = make(transform, batches, embedSignal)
    // A caller that stops here never asks how it went.
    making.catch(() => undefined)
    return making
  }
  let next = begin()
  for (;;) {
    const made = await next
    if (made === undefined) return undefined
    next = begin()
    yield made
  }
}

async function make(
  transform: Transform,
  batches: AsyncIterator<Batch>,
  signal: AbortSignal,
): Promise<CopiedBatch | undefined> {
  const { value: batch, done } = await batches.next()
  if (done === true || batch === undefined) return undefined
  const { copies, tokens } = await transform.copiesOf([...batch.records.values()], undefined, signal)
  return { batch, copies, tokens }
}
