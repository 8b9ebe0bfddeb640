// The vector store as docs/moves.md section 1 assumes it: one order for the writes to a record of a place, requests
// without an answer that land late or never (A2), an index that lags behind (A3).
import { placeName } from '../phase.ts'
import { absent, caughtUp, contents, type State } from '../state.ts'
import type { World } from '../world.ts'

/** Late requests at once; above it a fault leaves none behind, which only makes the run smaller. */
const maxLate = 4

/** @param otherVector 1: the vector that is put beside the text was made of another one. */
export function put({ size }: World, next: State, place: number, value: number, otherVector = 0): void {
  if (place === 0) {
    if (size.lag) next.staleX = next.heldX
    next.heldX = value
    next.otherVectorX = otherVector
  } else {
    if (size.lag) next.staleY = next.heldY
    next.heldY = value
    next.otherVectorY = otherVector
  }
}

export function isFull(state: State): boolean {
  let count = 0
  for (let place = 0; place < 2; place++)
    for (let value = 0; value < contents; value++) count += state.late(place, value)
  return count >= maxLate
}

export function store(world: World): void {
  const { now } = world
  for (let place = 0; place < 2; place++) {
    for (let value = 0; value < contents; value++) if (now.late(place, value) > 0) lateRequest(world, place, value)
  }
  if (now.staleX !== caughtUp) {
    world.fork().staleX = caughtUp
    world.happens(() => 'the index of X catches up')
  }
  if (now.staleY !== caughtUp) {
    world.fork().staleY = caughtUp
    world.happens(() => 'the index of Y catches up')
  }
}

function lateRequest(world: World, place: number, value: number): void {
  const what = () => (value === absent ? 'a delete' : value === 0 ? 'the first record' : `write ${value}`)
  const next = world.fork()
  next.addLate(place, value, -1)
  world.happens(() => `the late request (${what()}, to ${placeName(place)}) can land no more`)
  put(world, next, place, value)
  world.happens(() => `a late request lands: ${placeName(place)} takes ${what()}`)
}
