// The changes of the routing, each one conditional update (docs/moves.md section 3), and the purge after them.
import { activeIn, endPhase, kind, kindOf, otherThan, phaseName, phaseOf, startPhase } from '../phase.ts'
import { absent, caughtUp, row, type State, stage, step } from '../state.ts'
import type { World } from '../world.ts'

type Kind = (typeof kind)[keyof typeof kind]
const armOrTrack = phaseOf(kind.track, 0)
const soak = phaseOf(kind.track, 1)

export function routingChanges(world: World): void {
  const { now, size } = world
  if (now.phase === startPhase) change(world, kind.track, 0, 'the move begins')
  if (now.phase === armOrTrack && !now.armed && isQuiet(now)) endArm(world)
  if (now.phase === endPhase && size.purge && !now.purged) purge(world)
  if (now.epoch >= size.epochs) return
  switch (kindOf(now.phase)) {
    case kind.track:
      fence(world)
      if (now.phase === soak) complete(world)
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

/** At the deadline of a fence any replica opens the writes again where they were. */
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

/** A FLIP whose barrier does not come is taken back; X and Y are equal, so nothing is lost. */
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

function complete(world: World): void {
  const { now, guards } = world
  if (now.stage !== stage.idle) return
  if (guards.nothingInFlightAtEnd && now.rowState === row.inFlight) return
  if (guards.noRetryAtEnd && now.isAnyLate(activeIn(now.phase))) return
  change(world, kind.steady, 1, 'the move is completed', forgetRow)
}

/** Without the barrier of STEADY(Y): here it adds nothing, for since writes opened on Y no session goes by X. */
function purge(world: World): void {
  const { now, guards } = world
  for (const { step: at, place } of now.replicas) {
    if (guards.slowReadsBeforePurge && at === step.reading && place === 0) return
  }
  const next = world.fork()
  next.heldX = absent
  next.purged = 1
  world.happens(() => 'X is purged')
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
