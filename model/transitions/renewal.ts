// How a replica learns of a new phase: docs/moves.md section 2, `sessions`.
import { phaseName } from '../phase.ts'
import { type ReplicaIndex, step } from '../state.ts'
import type { World } from '../world.ts'

export function renewal(world: World, index: ReplicaIndex): void {
  if (world.now.replicas[index].dead) return
  if (world.size.undo) inSteps(world, index)
  else atOnce(world, index)
}

/** Renewal as one step, for sizes where FLIP is never undone: the window between its steps then changes nothing. */
function atOnce(world: World, index: ReplicaIndex): void {
  const { now, guards } = world
  const { step: at, viewEpoch, leased, applied } = now.replicas[index]
  if (viewEpoch === now.epoch && leased && applied === now.epoch) return
  const isWriting = at !== step.idle && at !== step.reading
  if (at === step.reading || (isWriting && guards.appliedAfterWrites)) return
  const next = world.fork()
  const replica = next.replicas[index]
  replica.view = next.phase
  replica.viewEpoch = next.epoch
  replica.leased = 1
  replica.applied = next.epoch
  world.happens(() => `replica ${index} learns of ${phaseName(now.phase)} and has applied it`)
}

function inSteps(world: World, index: ReplicaIndex): void {
  const { now, guards } = world
  const before = now.replicas[index]
  if (!before.hasNews && (before.viewEpoch !== now.epoch || !before.leased)) {
    const next = world.fork()
    const replica = next.replicas[index]
    if (guards.seenBeforeUse || !replica.leased) replica.seen = next.epoch
    replica.leased = 1
    if (!before.leased && guards.stopWithoutLease) {
      // A new session: what was begun under the old one was broken off, so nothing older is under way.
      replica.applied = next.epoch
      replica.view = next.phase
      replica.viewEpoch = next.epoch
    } else {
      replica.hasNews = 1
      replica.newsView = next.phase
      replica.newsEpoch = next.epoch
    }
    world.happens(() => `replica ${index} renews its lease and is told of ${phaseName(now.phase)}`)
  }
  if (before.hasNews && before.leased) {
    const replica = world.fork().replicas[index]
    replica.view = replica.newsView
    replica.viewEpoch = replica.newsEpoch
    forgetNews(replica)
    world.happens(() => `replica ${index} goes by ${phaseName(before.newsView)}`)
  }
  const isWriting = before.step !== step.idle && before.step !== step.reading
  if (before.leased && before.applied !== before.viewEpoch && !(isWriting && guards.appliedAfterWrites)) {
    const replica = world.fork().replicas[index]
    replica.applied = replica.viewEpoch
    if (replica.seen < replica.applied) replica.seen = replica.applied
    world.happens(() => `replica ${index} has applied ${phaseName(before.view)}`)
  }
}

export function forgetNews(replica: { hasNews: number; newsView: number; newsEpoch: number }): void {
  replica.hasNews = 0
  replica.newsView = 0
  replica.newsEpoch = 0
}
