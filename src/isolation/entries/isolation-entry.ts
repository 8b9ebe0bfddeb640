import type { Canary } from '../probe/canary.ts'
import type { Ask } from '../probe/probed-route.ts'

/** How a route of tenants is asked whether it keeps them apart. */
export interface IsolationEntry {
  /** `reads`: answers hold only the asker's. `writes`: it leaves every other tenant's records as they are. */
  readonly kind: 'reads' | 'writes'
  /** The requests of `by`, some of which name the other canary's ids. Ask for the same things with the same words. */
  asks(by: Canary, other: Canary): readonly Ask[]
}
