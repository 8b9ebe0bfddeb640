import type { Prospect } from '../target/plan-refusals.ts'
import type { Binding } from '../target/relocation.ts'
import type { MovePlan, PlannedRelocation } from './plan-view.ts'
import type { Prices } from './price-list.ts'

/** Reads of a place by a move: the copy, and the comparison. */
const readsOfSource = 2
const readsOfTarget = 1

/** The region or project of a relocation, its egress by the prices of both regions, and the constraint that binds. */
export function planRelocation(
  prospect: Pick<Prospect, 'spec' | 'unmet'>,
  quota: MovePlan['quota'],
  bytes: number,
  prices: { readonly here: Prices | undefined; readonly there: Prices | undefined },
): PlannedRelocation {
  const { spec, unmet } = prospect
  const [here, there] = [prices.here?.perGigabyteEgress, prices.there?.perGigabyteEgress]
  const gigabytes = bytes / 1e9
  const price =
    here === undefined || there === undefined ? null : gigabytes * (readsOfSource * here + readsOfTarget * there)
  return {
    region: spec.region,
    project: spec.project,
    egress: { bytes: bytes * (readsOfSource + readsOfTarget), price },
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
