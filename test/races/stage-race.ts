import { inLanes, type SimOptions } from '../sim/sim-options.ts'
import { SimWorld } from '../sim/sim-world.ts'
import type { Race } from './race.ts'

/** Stages one race in a world of its own, lets the world come to rest, and checks what apps were told. */
export async function stageRace(
  url: string,
  race: Race,
  { lanes = false, ...options }: SimOptions & { readonly lanes?: boolean } = {},
): Promise<void> {
  const settings = { ...race.world?.settings, ...(lanes && inLanes) }
  await using world = await SimWorld.open(url, { ...race.world, ...options, settings })
  await race.stage(world)
  await world.check()
}
