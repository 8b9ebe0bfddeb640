import type { SimOptions } from '../sim/sim-options.ts'
import type { SimWorld } from '../sim/sim-world.ts'

/** One of the races of docs/moves.md section 5, staged by holding its steps. */
export interface Race {
  /** The race's number and words there. */
  readonly name: string
  readonly world?: SimOptions
  /** Stages it; @throws when an app would see something wrong. */
  stage(world: SimWorld): Promise<void>
}
