// A client's write through one replica: STEADY writes go straight to the store, writes while moving go W1, W2, W3 of
// docs/moves.md section 3.
import { activeIn, kind, kindOf, placeName } from '../phase.ts'
import { type ReplicaIndex, row, type State, step } from '../state.ts'
import type { World } from '../world.ts'
import { isFull, put } from './store.ts'

export function replicaWrites(world: World, index: ReplicaIndex): void {
  const { now, guards } = world
  const replica = now.replicas[index]
  switch (replica.step) {
    case step.idle: {
      const mayServe = !replica.dead && (replica.leased || !guards.stopWithoutLease)
      if (mayServe && now.writes < world.size.writes) begin(world, index)
      return
    }
    case step.sent:
    case step.trackedSent:
      stored(world, index)
      tryAgain(world, index)
      return
    case step.intent: {
      world.fork().replicas[index].step = step.trackedSent
      world.happens(() => `replica ${index} sends write ${replica.write}`)
      return
    }
    case step.stored:
    case step.trackedStored:
      answer(world, index)
  }
}

function begin(world: World, index: ReplicaIndex): void {
  const { now } = world
  const { view } = now.replicas[index]
  const isLogged = kindOf(view) === kind.track
  if (!isLogged && kindOf(view) !== kind.steady) return
  if (isLogged && !mayIntend(world, index)) return
  for (const isDelete of [false, true]) {
    const next = world.fork()
    const replica = next.replicas[index]
    next.writes++
    const write = next.writes
    if (isDelete) next.deletes |= 1 << write
    next.history = world.monitor.beginWrite(next.history, write, isDelete)
    replica.write = write
    replica.place = activeIn(view)
    replica.step = isLogged ? step.intent : step.sent
    if (isLogged && world.guards.intentBeforeCall) logIntent(next, write, row.inFlight)
    world.happens(() => {
      const what = `write ${write} (${isDelete ? 'delete' : 'put'}) to ${placeName(activeIn(view))}`
      return isLogged ? `replica ${index} commits the intent of ${what}` : `replica ${index} sends ${what}, unlogged`
    })
  }
}

/** Whether the transaction of W1 would accept the intent. */
function mayIntend({ now, guards }: World, index: ReplicaIndex): boolean {
  const { view, viewEpoch } = now.replicas[index]
  if (guards.epochInIntent && (now.phase !== view || now.epoch !== viewEpoch)) return false
  if (guards.oneIntentAnId && now.rowState === row.inFlight) return false
  return !(guards.stayExclusive && now.rowWrite > 0 && now.late(activeIn(view), now.rowWrite) > 0)
}

function stored(world: World, index: ReplicaIndex): void {
  const next = world.fork()
  const replica = next.replicas[index]
  const { write, place } = replica
  put(world, next, place, write)
  replica.step = replica.step === step.sent ? step.stored : step.trackedStored
  world.happens(() => `${placeName(place)} takes write ${write}`)
}

/** A try without an answer is followed by another of the same write; the first may land at any time. */
function tryAgain(world: World, index: ReplicaIndex): void {
  const { now, guards, size } = world
  if (!size.retries || now.giveUps >= size.giveUps || isFull(now)) return
  const { step: at, write, place } = now.replicas[index]
  if (guards.retryOnlyLogged && (at !== step.trackedSent || !now.armed)) return
  const next = world.fork()
  next.giveUps++
  next.addLate(place, write, 1)
  world.happens(() => `replica ${index} gets no answer and tries write ${write} again; the first try may land late`)
}

function answer(world: World, index: ReplicaIndex): void {
  const next = world.fork()
  const replica = next.replicas[index]
  const { write } = replica
  if (replica.step === step.trackedStored) {
    if (!world.guards.intentBeforeCall) logIntent(next, write, row.done)
    else if (next.rowWrite === write && next.rowState === row.inFlight) next.rowState = row.done
  }
  endRequest(replica)
  next.history = world.monitor.answerWrite(next.history, write)
  world.happens(() => `replica ${index} answers the client: write ${write} is done`)
}

function logIntent(next: State, write: number, state: number): void {
  next.rowWrite = write
  next.rowState = state
  next.synced = 0
  next.noStamp = 0
}

/** Ends the replica's request and wipes its fields, so that equal states are equal bytes. */
export function endRequest(replica: { step: number; write: number; place: number }): void {
  replica.step = step.idle
  replica.write = 0
  replica.place = 0
}
