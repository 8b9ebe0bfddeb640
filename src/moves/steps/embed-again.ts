import type { VectorRecord } from '../../stores/store.ts'
import { NeedsPerson } from '../state/stop-reason.ts'
import type { Reembedded } from '../state/verification.ts'
import type { StepContext } from '../sync/step.ts'
import type { SyncParts } from '../sync/sync-parts.ts'
import type { PlaceComparison } from '../verify/comparison.ts'

const minCosine = 0.99
/** Records read and embedded at once. */
const atOnce = 100

/**
 * Embeds the sample, and what no stamp proves, a second time, and compares the vectors with those of the target.
 * @returns undefined for a move that copies vectors as they are.
 * @throws NeedsPerson where they are too far apart: what the model answers can't be verified.
 */
export async function embedAgain(
  { settings, signal }: Pick<StepContext, 'settings' | 'signal'>,
  { transform, active, follower }: Pick<SyncParts, 'transform' | 'active' | 'follower'>,
  { sample, unstamped, equal, leftBehind, supplied }: PlaceComparison,
): Promise<Reembedded | undefined> {
  if (transform === undefined) return undefined
  const least = settings.reembedMinCosine ?? minCosine
  const ids = [...unstamped, ...sample]
  const cosines: number[] = []
  let drifted: string | undefined
  let drifts = 0
  for (let from = 0; from < ids.length; from += atOnce) {
    const { records } = await follower.fetch(ids.slice(from, from + atOnce), { signal })
    const again = await transform.again([...records.values()], signal)
    for (const record of records.values()) {
      const cosine = cosineOf(record, again.get(record.id))
      cosines.push(cosine)
      if (cosine >= least) continue
      drifts += 1
      drifted ??= record.id
    }
  }
  if (drifted !== undefined) {
    const words = `The model ${transform.intoModel} gives other vectors for the same texts: ${drifts} of ${cosines.length} records embedded twice have a cosine below ${least}, as ${drifted} with ${round(Math.min(...cosines))}.`
    throw new NeedsPerson({ words, records: 0 })
  }
  return {
    model: transform.intoModel,
    records: equal - supplied,
    supplied,
    recordsByModel: recordsByModel(transform.intoModel, equal, active.placement.vectors.model, leftBehind),
    leftBehind,
    sampled: cosines.length,
    leastCosine: cosines.length === 0 ? null : round(Math.min(...cosines)),
    meanCosine: cosines.length === 0 ? null : round(cosines.reduce((sum, one) => sum + one, 0) / cosines.length),
  }
}

function recordsByModel(model: string, records: number, oldModel: string, leftBehind: number) {
  return [{ model, records }, ...(leftBehind === 0 ? [] : [{ model: oldModel, records: leftBehind }])]
}

function cosineOf({ values }: VectorRecord, again: readonly number[] = []): number {
  const dot = (one: readonly number[], other: readonly number[]) =>
    one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0)
  const norms = Math.sqrt(dot(values, values) * dot(again, again))
  return norms === 0 ? 0 : dot(values, again) / norms
}

function round(value: number): number {
  return Number(value.toFixed(6))
}
