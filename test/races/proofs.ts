import assert from 'node:assert/strict'
import type { SimReplica } from '../sim/sim-replica.ts'
import type { SimWorld } from '../sim/sim-world.ts'
import type { Race } from './race.ts'

/** Stands where everything was compared and nothing has switched; from here on the target shows writes 2.5 s late. */
async function lateTarget(world: SimWorld): Promise<SimReplica> {
  await world.replica('a')
  const b = await world.replica('b', { mover: false })
  const compared = world.schedule.hold('a.mover: at verify: compared')
  await world.promote()
  await world.schedule.until(() => compared.reached)
  world.store.lagMs = (label) => (label.includes(' g2 ') ? 2_500 : 0)
  compared.release()
  return b
}

/**
 * The mover copies one write. A second later, before it shows there and before anything is held, the next write is
 * made.
 */
async function twoWrites(world: SimWorld, first: () => Promise<unknown>, next: () => Promise<unknown>): Promise<void> {
  const carried = world.schedule.hold('a.mover: at sync: carried over')
  await world.run(first())
  await world.schedule.until(() => carried.reached)
  await world.schedule.pass(1_000)
  await world.run(next())
  carried.release()
}

/** Reads a record after the cutover, until all lagging writes must show. */
async function readsAfterSwitch(world: SimWorld, b: SimReplica, id: string): Promise<readonly unknown[]> {
  await world.until('switching', 'soaking')
  await world.run(b.routes.catchUp())
  const seen = new Set<unknown>()
  for (let read = 0; read < 35; read += 1) {
    seen.add(await world.run(b.look(id)))
    await world.schedule.pass(100)
  }
  await world.until('soaking')
  return [...seen]
}

export const proofs: readonly Race[] = [
  {
    name: '32 a value that returns is taken for the last write',
    async stage(world) {
      const b = await lateTarget(world)
      await twoWrites(
        world,
        () => b.put('r1', 1),
        () => b.put('r1', 0),
      )
      assert.deepEqual(await readsAfterSwitch(world, b, 'r1'), [0])
    },
  },
  {
    name: '33 a delete is taken as shown before the put that it ends',
    async stage(world) {
      const b = await lateTarget(world)
      await twoWrites(
        world,
        () => b.put('r6', 1),
        () => b.delete('r6'),
      )
      assert.deepEqual(await readsAfterSwitch(world, b, 'r6'), [undefined])
    },
  },
  {
    name: '34 a mover that was told to stop sends until it hears of it',
    async stage(world) {
      await world.replica('a')
      const b = await world.replica('b', { mover: false })
      const sending = world.schedule.hold(/^a\.mover: upsert g2 .*: send/)
      const landing = world.schedule.hold(/^network: a\.mover: upsert g2 .*: late/)
      world.store.fate = (label) => (label.startsWith('a.mover: upsert g2') ? 'late' : 'done')
      await world.promote()
      await world.schedule.until(() => sending.reached)
      await world.steer('pause')
      await world.replica('c')
      await world.steer('resume')
      await world.run(b.put('r1', 1))
      await world.schedule.pass(1_000)
      sending.release()
      await world.schedule.until(() => landing.reached)
      await world.schedule.pass(4_500)
      landing.release()
      await world.until('soaking')
      await world.schedule.pass(1_000)
      assert.equal((await world.contents(2)).r1, 1)
    },
  },
]
