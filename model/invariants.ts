// docs/moves.md section 4, as far as one record and one move can show it; checked in every state.

import { impossible } from './monitor.ts'
import { activeIn, kind, kindOf, otherThan, phaseName, placeName } from './phase.ts'
import { caughtUp, type Replica, row, type State, stage, step } from './state.ts'
import { contentName } from './transitions/replica-reads.ts'
import type { World } from './world.ts'

/** @returns the violation in words; undefined when there is none. */
export function violation(world: World, state: State): string | undefined {
  if (state.history === impossible) return 'I7: no order of the calls explains what clients were answered'
  return (
    readsGoBack(world, state) ??
    twoWriters(state) ??
    cleanButUnequal(state) ??
    unlogged(state) ??
    atFlip(state) ??
    purgedInUse(state)
  )
}

/** A read through any view that may still serve, or through the routing itself, shows an allowed content (I7). */
function readsGoBack({ guards, monitor }: World, state: State): string | undefined {
  const mayShow = (place: number) => monitor.mayShow(state.history, state.content(state.held(place)))
  for (const [index, replica] of state.replicas.entries()) {
    if (replica.dead || (!replica.leased && guards.stopWithoutLease)) continue
    const place = activeIn(replica.view)
    if (!mayShow(place)) return `I7: a read through replica ${index} would give ${shownAt(state, place)}`
  }
  const place = activeIn(state.phase)
  return mayShow(place) ? undefined : `I7: a read in ${phaseName(state.phase)} gives ${shownAt(state, place)}`
}

function shownAt(state: State, place: number): string {
  return `${contentName(state.content(state.held(place)))}, from ${placeName(place)}: a write is lost or undone`
}

function twoWriters({ replicas: [first, second] }: State): string | undefined {
  const bothMayWrite = mayWrite(first) && mayWrite(second)
  if (!bothMayWrite || activeIn(first.view) === activeIn(second.view)) return undefined
  return 'I1: two unexpired sessions hold different writable places'
}

function mayWrite({ dead, leased, view }: Replica): boolean {
  return !dead && leased === 1 && (kindOf(view) === kind.steady || kindOf(view) === kind.track)
}

function cleanButUnequal(state: State): string | undefined {
  if (!state.armed || !state.copied) return undefined
  if (kindOf(state.phase) !== kind.track && kindOf(state.phase) !== kind.fence) return undefined
  if (state.rowState === row.inFlight || !state.synced || state.suspect) return undefined
  if (state.stage !== stage.idle || state.secondStage !== stage.idle) return undefined
  if (state.hasOtherVector(otherThan(activeIn(state.phase)))) return otherVector
  return areEqual(state) ? undefined : 'I4: the record is neither dirty, suspect nor claimed, and differs in X and Y'
}

const otherVector = 'I4: the record is clean, and the vector of its copy was made of another text'

function unlogged(state: State): string | undefined {
  if (!state.armed || kindOf(state.phase) !== kind.track) return undefined
  for (const { step: at, write } of state.replicas) {
    if (at !== step.trackedSent && at !== step.trackedStored) continue
    if (state.rowWrite !== write || state.rowState !== row.inFlight) {
      return `I3: write ${write} is under way and no row says so`
    }
  }
  return undefined
}

function atFlip(state: State): string | undefined {
  if (kindOf(state.phase) !== kind.flip) return undefined
  if (!areEqual(state)) return 'I5: X and Y differ at the flip'
  return state.stale(activeIn(state.phase)) === caughtUp ? undefined : 'I5: the new place does not show yet what it has'
}

/**
 * A replica without a lease may also read for a while when Postgres is unavailable (REGISTRY_OUTAGE_READS): old
 * content, not nothing.
 */
function purgedInUse(state: State): string | undefined {
  if (!state.purged) return undefined
  const left = otherThan(activeIn(state.phase))
  const index = state.replicas.findIndex(({ dead, view }) => !dead && activeIn(view) === left)
  return index === -1 ? undefined : `I10: ${placeName(left)} is purged and replica ${index} still reads it`
}

function areEqual(state: State): boolean {
  return state.content(state.heldX) === state.content(state.heldY)
}
