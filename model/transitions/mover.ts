// The mover's work on the record: copy, sync, the end of doubts, and its own death. docs/moves.md section 3.
import { activeIn, kind, kindOf, otherThan, phaseOf, placeName } from '../phase.ts'
import { absent, caughtUp, row, type State, stage, step, task } from '../state.ts'
import type { World } from '../world.ts'
import { contentName } from './replica-reads.ts'
import { isFull, put } from './store.ts'

const armOrTrack = phaseOf(kind.track, 0)

export function mover(world: World): void {
  const { now } = world
  if (now.stage !== stage.idle) {
    call(world)
    fault(world)
    return
  }
  const isMoving = kindOf(now.phase) === kind.track || kindOf(now.phase) === kind.fence
  if (now.phase === armOrTrack && now.armed && !now.copied) copy(world)
  if (isMoving && (now.armed || !world.guards.nothingBeforeCopy)) {
    if (now.rowState !== row.inFlight && !now.synced) sync(world)
    if (now.rowState === row.inFlight) closeDoubt(world)
  }
  if (now.suspect && kindOf(now.phase) === kind.track) markSuspectDirty(world)
}

function copy(world: World): void {
  for (const value of shown(world.now, 0)) {
    const next = world.fork()
    const content = next.content(value)
    if (content === absent) next.copied = 1
    else hasRead(next, task.copy, value, 1)
    world.happens(() => `the copier reads X: ${contentName(content)}`)
  }
}

function sync(world: World): void {
  const { now, guards } = world
  const active = activeIn(now.phase)
  // Without a stamp to look for, only the visibility wait proves a read.
  if (now.noStamp && guards.visibleBeforeCopy && now.stale(active) !== caughtUp) return
  for (const value of shown(now, active)) {
    if (guards.provenRead && now.rowWrite > 0 && !now.noStamp && value !== now.rowWrite) continue
    const next = world.fork()
    const content = next.content(value)
    if (!guards.deletesCarried && content === absent) next.synced = 1
    else hasRead(next, task.sync, value, otherThan(active))
    if (content !== absent && !guards.stampOfText) next.otherVector = keptVector(now, otherThan(active), value)
    world.happens(() => `sync reads ${placeName(active)}: ${contentName(content)}`)
  }
}

/** The vector of the other place, taken over whatever text it was made of: 1 when that is another one. */
function keptVector(now: State, follower: number, value: number): number {
  const there = now.content(now.held(follower))
  return there === absent || there === value ? 0 : 1
}

/** Closes an intent whose owner is gone: once its request can no longer land, the active place shows its outcome. */
function closeDoubt(world: World): void {
  const { now, guards } = world
  const write = now.rowWrite
  const active = activeIn(now.phase)
  if (!((now.givenUp >> write) & 1)) return
  for (const { step: at, write: own } of now.replicas) if (own === write && at !== step.reading) return
  if (guards.doubtOfIntent && now.late(active, write) > 0) return
  const next = world.fork()
  if (guards.neverRunAgain) {
    next.rowState = row.done
    next.noStamp = 1
  } else hasRead(next, task.redo, write, active)
  world.happens(() =>
    guards.neverRunAgain
      ? `the doubt of write ${write} is over: its row is done, whatever ${placeName(active)} shows`
      : `the mover is about to execute the doubtful write ${write} again`,
  )
}

/** Marks the ids dirty again once an unanswered write of the mover can no longer land. */
function markSuspectDirty(world: World): void {
  if (world.now.isAnyLate(otherThan(activeIn(world.now.phase)))) return
  const next = world.fork()
  next.suspect = 0
  next.synced = 0
  world.happens(() => "the doubt of the mover's write is over: its id is dirty again")
}

/** The store call of copy, sync or redo with the content that they have read. */
function call(world: World): void {
  const { now, guards } = world
  const place = placeName(now.target)
  const next = world.fork()
  if (now.stage === stage.hasRead && now.task === task.copy && guards.copyDropsTouched && now.rowWrite > 0) {
    next.copied = 1
    endCall(next)
    world.happens(() => 'the copier drops the id: it has a dirty row')
  } else if (now.stage === stage.hasRead) {
    next.stage = stage.sent
    world.happens(() => `the mover sends to ${place} what it has read`)
  } else if (now.stage === stage.sent) {
    put(world, next, now.target, now.value, now.otherVector)
    next.stage = stage.stored
    world.happens(() => `${place} takes what the mover sent`)
  } else {
    mark(world, next, now.task, now.readRow)
    endCall(next)
    world.happens(() => 'the mover has its answer and marks the id')
  }
}

/** The mover's note in Postgres after its call. */
export function mark({ now, guards }: World, next: State, doneTask: number, readRow: number): void {
  if (doneTask === task.copy) next.copied = 1
  else if (doneTask === task.redo) {
    if (now.rowWrite === readRow) next.rowState = row.done
  } else if (!guards.markOnlyUnchanged || (now.rowWrite === readRow && now.rowState !== row.inFlight)) next.synced = 1
}

/** The mover dies, or another takes the move over while it is slow: its call is in doubt. */
function fault(world: World): void {
  const { now, size, guards } = world
  if (now.moverFaults >= size.moverFaults) return
  const next = world.fork()
  next.moverFaults++
  if (now.task !== task.redo) next.suspect = 1
  if (!guards.moverToken) {
    next.oldMark = now.task + 1
    next.oldMarkRow = now.readRow
  }
  endCall(next)
  next.secondStage = 0
  next.secondValue = 0
  next.secondRow = 0
  world.happens(() => 'the mover is lost; the next one takes over')
  if (now.stage === stage.stored || isFull(next)) return
  next.addLate(now.target, now.value, 1)
  world.happens(() => 'the mover is lost, what it sent may land late; the next one takes over')
}

function hasRead(next: State, nextTask: number, value: number, target: number): void {
  next.stage = stage.hasRead
  next.task = nextTask
  next.value = value
  next.target = target
  next.readRow = nextTask === task.copy ? 0 : next.rowWrite
}

function endCall(next: State): void {
  next.stage = stage.idle
  next.task = 0
  next.value = 0
  next.target = 0
  next.readRow = 0
  next.otherVector = 0
}

/** A listing or a fetch may show the place's earlier content. */
function shown(state: State, place: number): readonly number[] {
  const stale = state.stale(place)
  return stale === caughtUp ? [state.held(place)] : [state.held(place), stale]
}
