import assert from 'node:assert/strict'
import type { SimWorld } from '../sim/sim-world.ts'
import type { Race } from './race.ts'

const ofTarget = / g2 /

function nothingInTarget({ store }: SimWorld): void {
  assert.deepEqual(
    store.landed.filter((label) => ofTarget.test(label)),
    [],
  )
}

export const beforeTheCopy: readonly Race[] = [
  {
    name: '1 copy before all replicas log',
    async stage(world) {
      await world.replica('a')
      const b = await world.replica('b', { mover: false })
      await world.run(b.read('r1'))
      const deaf = world.schedule.hold(/^b: (hears|sql select tick)/)
      await world.promote()
      await world.schedule.pass(2_000)
      assert.equal((await world.move()).state, 'arming')
      nothingInTarget(world)
      await world.run(b.put('r1', 1))
      deaf.release()
      await world.until('soaking')
      assert.equal((await world.contents()).r1, 1)
    },
  },
  {
    name: '2 a replica reports `applied` with a write in flight',
    async stage(world) {
      await world.replica('a')
      const b = await world.replica('b', { mover: false })
      const slow = world.schedule.hold('network: b: upsert g1 r1: apply')
      const writing = b.put('r1', 1)
      await world.schedule.until(() => slow.reached)
      await world.promote()
      await world.schedule.pass(3_200)
      assert.equal((await world.move()).state, 'arming')
      nothingInTarget(world)
      slow.release()
      await world.run(writing)
      await world.until('soaking')
      assert.equal((await world.contents()).r1, 1)
    },
  },
  {
    name: '3 an unlogged late write lands after ARM',
    async stage(world) {
      await world.replica('a')
      const b = await world.replica('b', { mover: false })
      world.store.fate = (label) => (label.startsWith('b: upsert g1 r1') ? 'late' : 'done')
      const late = world.schedule.hold('network: b: upsert g1 r1: late')
      await assert.rejects(world.run(b.put('r1', 1)), { code: 'outcome_unknown' })
      await world.promote()
      await world.schedule.pass(3_000)
      assert.equal((await world.move()).state, 'arming')
      nothingInTarget(world)
      late.release()
      await world.until('soaking')
      assert.deepEqual(await world.contents(2), await world.contents(1))
      assert.equal((await world.contents()).r1, 1)
    },
  },
  {
    name: '4 a write to Y during ARM',
    async stage(world) {
      const a = await world.replica('a')
      const b = await world.replica('b', { mover: false })
      await world.run(b.read('r1'))
      const deaf = world.schedule.hold(/^b: (hears|sql select tick)/)
      await world.promote()
      await world.until('arming')
      await world.run(a.put('r1', 1))
      await world.run(a.delete('r2'))
      await world.schedule.pass(1_500)
      nothingInTarget(world)
      deaf.release()
      await world.until('soaking')
      assert.deepEqual(await world.contents(), { r1: 1, r3: 0, r4: 0, r5: 0 })
    },
  },
  {
    name: '5 an acknowledged write not yet in the listing',
    async stage(world) {
      await world.replica('a')
      const b = await world.replica('b', { mover: false })
      // No sequence numbers: only time proves what is shown.
      world.store.hasLsns = false
      world.store.lagMs = (label) => (label.startsWith('b:') ? 2_500 : 0)
      await world.run(b.put('new', 1))
      await world.run(b.delete('r2'))
      await world.promote()
      await world.until('soaking')
      assert.deepEqual(await world.contents(), { r1: 0, r3: 0, r4: 0, r5: 0, new: 1 })
    },
  },
  {
    name: '11 intent written after the store call',
    async stage(world) {
      await world.replica('a')
      const b = await world.replica('b', { mover: false })
      const copy = world.schedule.hold(/^a\.mover: at copy/)
      await world.promote()
      await world.schedule.until(() => copy.reached)
      await world.run(b.read('r1'))
      const intent = world.schedule.hold('b: tx')
      const writing = b.put('r1', 1)
      await world.schedule.until(() => intent.reached)
      await world.schedule.pass(500)
      assert.deepEqual(
        world.store.landed.filter((label) => label.startsWith('b:')),
        [],
      )
      copy.release()
      intent.release()
      await world.run(writing)
      await world.until('soaking')
      assert.equal((await world.contents()).r1, 1)
    },
  },
  {
    name: '31 a hidden retry lands after the next acknowledged write',
    async stage(world) {
      const a = await world.replica('a')
      const b = await world.replica('b', { mover: false })
      const copy = world.schedule.hold(/^a\.mover: at copy/)
      await world.promote()
      await world.schedule.until(() => copy.reached)
      world.store.fate = (label) => (label.startsWith('b: upsert g1 r1') ? 'repeated' : 'done')
      const retry = world.schedule.hold('network: b: upsert g1 r1: late')
      await world.run(b.put('r1', 1))
      await assert.rejects(world.run(a.put('r1', 2)), { code: 'writes_held' })
      retry.release()
      copy.release()
      await world.schedule.pass(3_000)
      await world.run(a.put('r1', 3))
      await world.until('soaking')
      assert.equal((await world.contents()).r1, 3)
    },
  },
]
