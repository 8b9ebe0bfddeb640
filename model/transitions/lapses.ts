// A mover does these only where a rule is left out: a second pipeline beside the copy, a mark without the token.
import { kind, phaseOf } from '../phase.ts'
import { row, stage, task } from '../state.ts'
import type { World } from '../world.ts'
import { mark } from './mover.ts'
import { put } from './store.ts'

const armOrTrack = phaseOf(kind.track, 0)

export function lapses(world: World): void {
  if (!world.guards.onePipelineAnId) secondPipeline(world)
  if (world.now.oldMark) {
    const next = world.fork()
    mark(world, next, next.oldMark - 1, next.oldMarkRow)
    next.oldMark = 0
    next.oldMarkRow = 0
    world.happens(() => 'the mover that was thought lost marks the id, without the token')
  }
}

function secondPipeline(world: World): void {
  const { now } = world
  const isCopying = now.stage !== stage.idle && now.task === task.copy && now.phase === armOrTrack
  if (isCopying && now.secondStage === stage.idle && now.rowState !== row.inFlight && !now.synced) {
    const next = world.fork()
    next.secondStage = stage.hasRead
    next.secondValue = next.heldX
    next.secondRow = next.rowWrite
    world.happens(() => 'beside the copier, sync reads X')
  }
  if (now.secondStage === stage.hasRead) {
    const next = world.fork()
    put(world, next, 1, now.secondValue)
    mark(world, next, task.sync, now.secondRow)
    next.secondStage = stage.idle
    next.secondValue = 0
    next.secondRow = 0
    world.happens(() => 'beside the copier, Y takes what sync has read, and sync marks the id')
  }
}
