// Every transition there is, in a fixed order: a trace names them by their place in it.
import { environment } from './transitions/environment.ts'
import { lapses } from './transitions/lapses.ts'
import { mover } from './transitions/mover.ts'
import { renewal } from './transitions/renewal.ts'
import { replicaReads } from './transitions/replica-reads.ts'
import { replicaWrites } from './transitions/replica-writes.ts'
import { store } from './transitions/store.ts'
import { routingChanges } from './transitions/switch.ts'
import type { World } from './world.ts'

/** Reports every state that can follow `world.now`. */
export function everyTransition(world: World): void {
  for (const index of world.size.replicas === 1 ? ([0] as const) : ([0, 1] as const)) {
    renewal(world, index)
    environment(world, index)
    replicaWrites(world, index)
    replicaReads(world, index)
  }
  store(world)
  mover(world)
  lapses(world)
  routingChanges(world)
}
