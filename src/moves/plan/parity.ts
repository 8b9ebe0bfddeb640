import type { IndexRow } from '../../registry/indexes.ts'
import type { TargetSpec } from '../target/target-spec.ts'
import type { MovePlan } from './plan-view.ts'

/** A new index equals the source but for what the move is to change. */
export function parityOf(
  source: IndexRow,
  chosen: IndexRow | undefined,
  { space, region }: TargetSpec,
): MovePlan['parity'] {
  const made = { embeddingModel: space.model, dimension: space.dimension, metric: space.metric, region }
  const target = chosen ?? made
  const row = (of: MovePlan['parity'][number]['of'], here: string, there: string) => ({
    of,
    source: here,
    target: there,
    equal: here === there,
  })
  return [
    row('model', source.embeddingModel, target.embeddingModel),
    row('dimension', String(source.dimension), String(target.dimension)),
    row('metric', source.metric, target.metric),
    row('region', source.region, target.region),
  ]
}
