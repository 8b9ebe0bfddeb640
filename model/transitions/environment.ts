// Faults outside: a replica dies, is cut off from Postgres until its lease is over, or gets no answer.
import { type ReplicaIndex, type State, step } from '../state.ts'
import type { World } from '../world.ts'
import { forgetNews } from './renewal.ts'
import { endRequest } from './replica-writes.ts'
import { isFull } from './store.ts'

export function environment(world: World, index: ReplicaIndex): void {
  leaseEnds(world, index)
  if (world.now.replicas[index].dead) return
  crash(world, index)
  noAnswer(world, index)
}

function leaseEnds(world: World, index: ReplicaIndex): void {
  const { now, size, guards } = world
  const before = now.replicas[index]
  if (!before.leased || (!before.dead && now.crashes >= size.crashes)) return
  const next = world.fork()
  const replica = next.replicas[index]
  if (!before.dead) next.crashes++
  replica.leased = 0
  forgetNews(replica)
  const isBrokenOff = !before.dead && guards.stopWithoutLease && before.step !== step.idle
  const left = isBrokenOff ? breakOff(world, next, index) : undefined
  world.happens(() => `the lease of replica ${index} runs out`)
  if (left === undefined || isFull(next)) return
  next.addLate(left.place, left.write, 1)
  world.happens(() => `the lease of replica ${index} runs out; what it sent may land late`)
}

function crash(world: World, index: ReplicaIndex): void {
  const { now, size } = world
  if (now.crashes >= size.crashes) return
  const next = world.fork()
  next.crashes++
  next.replicas[index].dead = 1
  const left = breakOff(world, next, index)
  world.happens(() => `replica ${index} dies`)
  if (left === undefined || isFull(next)) return
  next.addLate(left.place, left.write, 1)
  world.happens(() => `replica ${index} dies; what it sent may land late`)
}

/** The client learns that the outcome is unknown. */
function noAnswer(world: World, index: ReplicaIndex): void {
  const { now, size } = world
  const { step: at } = now.replicas[index]
  if (now.giveUps >= size.giveUps || at === step.idle || at === step.reading) return
  const next = world.fork()
  next.giveUps++
  const left = breakOff(world, next, index)
  world.happens(() => `replica ${index} gives its write up: outcome unknown`)
  if (left === undefined || at === step.intent || isFull(next)) return
  next.addLate(left.place, left.write, 1)
  world.happens(() => `replica ${index} gives its write up: outcome unknown, and it may land late`)
}

/** Ends the replica's request without an answer. @returns the write that may still land, if there is one. */
function breakOff(world: World, next: State, index: ReplicaIndex): { place: number; write: number } | undefined {
  const replica = next.replicas[index]
  const { step: at, write, place } = replica
  endRequest(replica)
  if (at === step.idle) return undefined
  if (at === step.reading) {
    next.history = world.monitor.endRead(next.history, index)
    return undefined
  }
  next.givenUp |= 1 << write
  const mayLand = at === step.sent || at === step.intent || at === step.trackedSent
  return mayLand ? { place, write } : undefined
}
