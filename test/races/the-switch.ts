import assert from 'node:assert/strict'
import type { Race } from './race.ts'

export const theSwitch: readonly Race[] = [
  {
    name: '12 two replicas write one id in different orders',
    async stage(world) {
      const a = await world.replica('a')
      const b = await world.replica('b', { mover: false })
      const copy = world.schedule.hold('a.mover: at copy: batch recorded')
      await world.promote()
      await world.schedule.until(() => copy.reached)
      const slow = world.schedule.hold('network: a: upsert g1 r1: apply')
      const first = a.put('r1', 1)
      await world.schedule.until(() => slow.reached)
      const second = b.put('r1', 2)
      await world.schedule.pass(500)
      assert.deepEqual(
        world.store.landed.filter((label) => label.startsWith('b:')),
        [],
      )
      slow.release()
      await world.run(Promise.all([first, second]))
      copy.release()
      await world.until('soaking')
      assert.equal((await world.contents()).r1, 2)
    },
  },
  {
    name: '13 a stale cache writes to X after the switch',
    async stage(world) {
      await world.replica('a')
      const b = await world.replica('b', { mover: false })
      await world.promote()
      const synced = world.schedule.hold('a.mover: at verify: compared')
      await world.schedule.until(() => synced.reached)
      await world.run(b.read('r1'))
      const deaf = world.schedule.hold(/^b: (hears|sql select tick)/)
      synced.release()
      await world.until('switching')
      const writing = b.put('r1', 1)
      await world.schedule.pass(1_000)
      assert.deepEqual(
        world.store.landed.filter((label) => label.startsWith('b:')),
        [],
      )
      deaf.release()
      await world.run(writing)
      await world.until('soaking')
      assert.equal((await world.contents(2)).r1, 1)
    },
  },
  {
    name: '14 writes open on Y while a replica still reads X',
    async stage(world) {
      const a = await world.replica('a')
      const b = await world.replica('b', { mover: false })
      await world.promote()
      const flip = world.schedule.hold('a.mover: at fence: tail synced')
      await world.schedule.until(() => flip.reached)
      await world.run(b.read('r1'))
      const deaf = world.schedule.hold(/^b: (hears|sql select tick)/)
      flip.release()
      await world.until('switching')
      let isWritten = false
      const writing = a.put('r1', 1).then(() => (isWritten = true))
      await world.schedule.pass(1_500)
      assert.equal(await world.run(b.read('r1')), 0)
      assert.equal(isWritten, false)
      deaf.release()
      await world.run(writing)
      assert.equal(await world.run(b.read('r1')), 1)
    },
  },
  {
    name: '15 FLIP with an unsynced tail',
    async stage(world) {
      await world.replica('a')
      const b = await world.replica('b', { mover: false })
      await world.promote()
      const compared = world.schedule.hold('a.mover: at verify: compared')
      await world.schedule.until(() => compared.reached)
      const slow = world.schedule.hold('network: b: upsert g1 r1: apply')
      const writing = b.put('r1', 1)
      // Where a guard is out it may fail before it is waited for.
      writing.catch(() => undefined)
      await world.schedule.until(() => slow.reached)
      const fenced = world.schedule.hold('a.mover: at fence: entered')
      compared.release()
      await world.schedule.until(() => fenced.reached)
      fenced.release()
      await world.schedule.pass(1_000)
      assert.equal((await world.move()).state, 'fencing')
      slow.release()
      await world.run(writing)
      await world.until('soaking')
      assert.equal((await world.contents()).r1, 1)
    },
  },
  {
    name: '17 a doubtful write closed too early, or run again over a later one',
    async stage(world) {
      const a = await world.replica('a')
      const b = await world.replica('b', { mover: false })
      const copy = world.schedule.hold('a.mover: at copy: batch recorded')
      await world.promote()
      await world.schedule.until(() => copy.reached)
      world.store.fate = (label) => (label.startsWith('b: upsert g1 r1') ? 'late' : 'done')
      const late = world.schedule.hold('network: b: upsert g1 r1: late')
      await assert.rejects(world.run(b.put('r1', 1)), { code: 'outcome_unknown' })
      copy.release()
      await assert.rejects(world.run(a.put('r1', 2)), { code: 'writes_held' })
      assert.notEqual((await world.move()).state, 'soaking')
      late.release()
      await world.schedule.pass(6_000)
      await world.run(a.put('r1', 3))
      await world.until('soaking')
      await world.schedule.pass(6_000)
      assert.equal((await world.contents()).r1, 3)
      assert.equal(world.store.landed.filter((label) => label.startsWith('b: upsert g1 r1')).length, 1)
    },
  },
  {
    name: '18 a replica past its lease goes on writing',
    async stage(world) {
      await world.replica('a')
      const b = await world.replica('b', { mover: false })
      await world.run(b.read('r1'))
      const sending = world.schedule.hold('b: upsert g1 r2: send')
      world.sql.cutOff('b', true)
      await world.promote()
      await world.schedule.pass(7_000)
      const begun = b.put('r2', 1)
      await world.until('soaking')
      await assert.rejects(world.run(b.put('r1', 1)), { code: 'registry_unavailable' })
      sending.release()
      await assert.rejects(world.run(begun))
      assert.deepEqual(
        world.store.landed.filter((label) => label.startsWith('b:')),
        [],
      )
      await assert.rejects(world.run(b.read('r1')), { code: 'registry_unavailable' })
      world.sql.cutOff('b', false)
      await world.run(b.put('r1', 2))
      assert.deepEqual(await world.contents(), { r1: 2, r2: 0, r3: 0, r4: 0, r5: 0 })
    },
  },
  {
    name: '19 FLIP undone while a replica reads Y already',
    async stage(world) {
      const a = await world.replica('a', { mover: true })
      const b = await world.replica('b', { mover: false })
      await world.promote()
      const flipped = world.schedule.hold('a.mover: at flip: switched')
      await world.schedule.until(() => flipped.reached)
      a.kill('mover')
      await world.run(b.read('r1'))
      await world.schedule.pass(6_000)
      const c = await world.replica('c')
      await world.schedule.pass(100)
      assert.deepEqual(await world.rows('select generation from places join routing on active_place_id = id'), [
        { generation: 2 },
      ])
      await world.until('soaking')
      await world.run(c.put('r1', 1))
      assert.equal((await world.contents(2)).r1, 1)
    },
  },
  {
    name: '25 Y not visible at the switch, reads go back in time',
    async stage(world) {
      await world.replica('a')
      const b = await world.replica('b', { mover: false })
      world.store.lagMs = (label) => (label.includes(' g2 ') ? 800 : 0)
      const copy = world.schedule.hold('a.mover: at copy: batch recorded')
      await world.promote()
      await world.schedule.until(() => copy.reached)
      await world.run(b.put('r1', 1))
      copy.release()
      const compared = world.schedule.hold('a.mover: at verify: compared')
      await world.schedule.until(() => compared.reached)
      await world.run(b.put('r2', 2))
      compared.release()
      await world.until('switching')
      await world.run(b.routes.catchUp())
      assert.deepEqual(await world.run(Promise.all([b.look('r1'), b.look('r2')])), [1, 2])
      await world.until('soaking')
    },
  },
  {
    name: '29 a fence left shut by a dead mover',
    async stage(world) {
      const a = await world.replica('a')
      const b = await world.replica('b', { mover: false })
      const fenced = world.schedule.hold('a.mover: at fence: entered')
      await world.promote()
      await world.schedule.until(() => fenced.reached)
      a.kill()
      await world.schedule.pass(1_000)
      const c = await world.replica('c')
      // No mover has taken the move over yet, and writes open again all the same.
      await world.run(b.put('r1', 1))
      assert.equal((await world.contents(1)).r1, 1)
      assert.deepEqual(await world.rows('select mover_token::int as token from moves'), [{ token: 1 }])
      await world.until('soaking')
      await world.run(c.put('r2', 2))
      assert.deepEqual(await world.contents(2), { r1: 1, r2: 2, r3: 0, r4: 0, r5: 0 })
    },
  },
  {
    name: '30 rollback drops what was written in SOAK',
    async stage(world) {
      await world.replica('a')
      const b = await world.replica('b', { mover: false })
      await world.promote()
      await world.until('soaking')
      world.store.lagMs = (label) => (label.startsWith('b:') ? 1_000 : 0)
      const slow = world.schedule.hold('network: b: upsert g2 r1: apply')
      const writing = b.put('r1', 1)
      writing.catch(() => undefined)
      await world.schedule.until(() => slow.reached)
      await world.run(b.delete('r2'))
      // Writes still under way when the fence is entered show only later.
      const entered = world.schedule.hold('a.mover: at fence: entered')
      await world.steer('rollback')
      await world.schedule.until(() => entered.reached)
      slow.release()
      await world.run(writing)
      entered.release()
      const fenced = world.schedule.hold('a.mover: at fence: tail synced')
      await world.schedule.until(() => fenced.reached)
      const held = b.put('r3', 3)
      fenced.release()
      await world.until('rolled_back')
      await world.run(held)
      assert.deepEqual(await world.contents(1), { r1: 1, r3: 3, r4: 0, r5: 0 })
    },
  },
]
