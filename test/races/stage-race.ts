import { SimWorld } from '../sim/sim-world.ts'
import type { Race } from './race.ts'

/** Stages one race in a world of its own, lets the world come to rest, and checks what apps were told. */
export async function stageRace(url: string, race: Race): Promise<void> {
  await using world = await SimWorld.open(url, race.world)
  await race.stage(world)
  await world.check()
}
