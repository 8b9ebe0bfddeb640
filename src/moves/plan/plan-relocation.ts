import type { Prospect } from '../target/plan-refusals.ts'
import type { Binding } from '../target/relocation.ts'
import type { PlannedEgress } from './plan-egress.ts'
import type { MovePlan, PlannedRelocation } from './plan-view.ts'

/** The region or project of a relocation, what leaves its two places, and the constraint that binds. */
export function planRelocation(
  prospect: Pick<Prospect, 'spec' | 'unmet'>,
  quota: MovePlan['quota'],
  { fromSource, fromTarget, price }: PlannedEgress,
): PlannedRelocation {
  const { spec, unmet } = prospect
  return {
    region: spec.region,
    project: spec.project,
    egress: { bytes: fromSource + fromTarget, price },
    binds: unmet === undefined ? tightest(quota) : { constraint: unmet.constraint, words: unmet.refusal.message },
  }
}

/** The limit of which the move leaves least. */
function tightest(quota: MovePlan['quota']): Binding {
  const [first] = quota.toSorted((one, other) => one.limit - one.afterwards - (other.limit - other.afterwards))
  if (first === undefined) throw new Error('a plan has a limit of indexes')
  const { name, limit, afterwards } = first
  return { constraint: name, words: `${limit - afterwards} of ${limit} ${name.replaceAll('_', ' ')} would be left` }
}
