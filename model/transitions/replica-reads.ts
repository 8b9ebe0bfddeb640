// A client's read through one replica: it goes where the replica believes the tenant to be, in every phase.
import { activeIn, placeName } from '../phase.ts'
import { absent, type ReplicaIndex, step } from '../state.ts'
import type { World } from '../world.ts'
import { endRequest } from './replica-writes.ts'

export function replicaReads(world: World, index: ReplicaIndex): void {
  const { now, guards, size, monitor } = world
  const before = now.replicas[index]
  const mayServe = !before.dead && (before.leased || !guards.stopWithoutLease)
  if (mayServe && before.step === step.idle && now.reads < size.reads) {
    const next = world.fork()
    const replica = next.replicas[index]
    next.reads++
    replica.step = step.reading
    replica.place = activeIn(before.view)
    next.history = monitor.beginRead(next.history, index)
    world.happens(() => `replica ${index} begins a read of ${placeName(activeIn(before.view))}`)
  }
  if (before.step === step.reading) {
    const next = world.fork()
    const content = next.content(next.held(before.place))
    endRequest(next.replicas[index])
    next.history = monitor.endRead(next.history, index, content)
    world.happens(() => `replica ${index} answers the read: ${contentName(content)}, from ${placeName(before.place)}`)
  }
}

export function contentName(content: number): string {
  if (content === absent) return 'no record'
  return content === 0 ? 'the first record' : `the record of write ${content}`
}
