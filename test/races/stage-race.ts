import type { SimOptions } from '../sim/sim-options.ts'
import { SimWorld } from '../sim/sim-world.ts'
import type { Race } from './race.ts'

/** Stages one race in a world of its own, lets the world come to rest, and checks what apps were told. */
export async function stageRace(url: string, race: Race, options: SimOptions = {}): Promise<void> {
  await using world = await SimWorld.open(url, { ...race.world, ...options })
  await race.stage(world)
  await world.check()
}
