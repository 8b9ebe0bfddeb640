// The changes of the routing, each one conditional update (docs/moves.md section 3), and the purge after them.
import { activeIn, kind, kindOf, otherThan, phaseName, phaseOf, placeName, startPhase } from '../phase.ts'
import { absent, caughtUp, row, type State, stage, step } from '../state.ts'
import type { World } from '../world.ts'

type Kind = (typeof kind)[keyof typeof kind]
const armOrTrack = phaseOf(kind.track, 0)

export function routingChanges(world: World): void {
  const { now, size } = world
  if (now.phase === startPhase && !now.ended) change(world, kind.track, 0, 'the move begins')
  if (now.phase === armOrTrack && !now.armed && isQuiet(now)) endArm(world)
  if (now.ended && size.purge && !now.purged) purge(world)
  if (now.epoch >= size.epochs) return
  switch (kindOf(now.phase)) {
    case kind.track:
      fence(world)
      end(world)
      return
    case kind.fence:
      flip(world)
      reopen(world)
      return
    case kind.flip:
      if (size.undo) undo(world)
      openWrites(world)
  }
}

function endArm(world: World): void {
  const { now, guards } = world
  if (guards.barrierBeforeCopy && !world.isApplied(now.epoch)) return
  if (guards.doubtsBeforeCopy && now.isAnyLate(0)) return
  if (guards.visibleBeforeCopy && now.staleX !== caughtUp) return
  const next = world.fork()
  next.armed = 1
  if (guards.forgetAtArm) {
    if (next.rowState === row.inFlight) next.noStamp = 1
    else forgetRow(next)
  }
  world.happens(() => 'ARM ends: the copy may start')
}

function fence(world: World): void {
  const { now, guards, size } = world
  if (!isQuiet(now) || !now.copied || (guards.doubtOfMover && now.suspect)) return
  if (now.phase === armOrTrack || size.rollback) change(world, kind.fence, activeIn(now.phase), 'the mover fences')
}

function flip(world: World): void {
  const { now, guards } = world
  const active = activeIn(now.phase)
  const follower = otherThan(active)
  if (now.stage !== stage.idle || now.undoneFlip) return
  if (guards.noUnsyncedTail && !now.synced) return
  if (guards.doubtOfMover && (now.suspect || now.isAnyLate(follower))) return
  if (guards.noRetryAtFlip && now.isAnyLate(active)) return
  if (guards.targetVisible && now.stale(follower) !== caughtUp) return
  change(world, kind.flip, follower, 'the mover flips')
}

/** Any replica reopens the writes at the old place when a fence reaches its deadline. */
function reopen(world: World): void {
  const { now, guards } = world
  if (now.undoneFlip && guards.undoWaitsForSeen) {
    for (const { leased, seen, applied } of now.replicas) {
      if (leased && seen >= now.undoneFlip && applied < now.epoch) return
    }
  }
  change(world, kind.track, activeIn(now.phase), 'the fence is past its deadline', (next) => {
    next.undoneFlip = 0
  })
}

/** Undoes a FLIP whose barrier is not reached; X and Y are equal, so nothing is lost. */
function undo(world: World): void {
  const { now } = world
  change(world, kind.fence, otherThan(activeIn(now.phase)), 'the flip is past its deadline', (next) => {
    next.undoneFlip = now.epoch
  })
}

function openWrites(world: World): void {
  const { now, guards } = world
  if (guards.barrierBeforeWritesOpen && !world.isApplied(now.epoch)) return
  change(world, kind.track, activeIn(now.phase), 'writes open', forgetRow)
}

/** Completion, or a cancel: STEADY where the tenant is. */
function end(world: World): void {
  const { now, guards, size } = world
  const active = activeIn(now.phase)
  if (active === 0 && !size.cancel) return
  if (now.stage !== stage.idle) return
  if (guards.nothingInFlightAtEnd && now.rowState === row.inFlight) return
  if (guards.noRetryAtEnd && now.isAnyLate(active)) return
  change(world, kind.steady, active, active === 0 ? 'the move is cancelled' : 'the move is completed', (next) => {
    next.ended = 1
    forgetRow(next)
  })
}

/**
 * Purges without the barrier of STEADY, which adds nothing here: since writes opened, no session uses the other place.
 */
function purge(world: World): void {
  const { now, guards } = world
  const left = otherThan(activeIn(now.phase))
  for (const { dead, view, step: at, place } of now.replicas) {
    if (guards.slowReadsBeforePurge && at === step.reading && place === left) return
    // That it has been cut off for longer than stale reads are allowed would do as well.
    if (guards.staleReadsBeforePurge && !dead && activeIn(view) === left) return
  }
  const next = world.fork()
  if (left === 0) next.heldX = absent
  else next.heldY = absent
  next.purged = 1
  world.happens(() => `${placeName(left)} is purged`)
}

function change(world: World, nextKind: Kind, active: number, why: string, also?: (next: State) => void): void {
  const next = world.fork()
  next.phase = phaseOf(nextKind, active)
  next.epoch++
  also?.(next)
  world.happens(() => `${why}: ${phaseName(phaseOf(nextKind, active))}`)
}

function forgetRow(next: State): void {
  next.rowWrite = 0
  next.rowState = row.none
  next.synced = 1
  next.noStamp = 0
}

function isQuiet(state: State): boolean {
  return state.stage === stage.idle && state.secondStage === stage.idle
}
