import assert from 'node:assert/strict'
import type { Hold } from '../sim/schedule.ts'
import type { SimReplica } from '../sim/sim-replica.ts'
import type { SimWorld } from '../sim/sim-world.ts'
import type { Race } from './race.ts'

/** Replica a moves the tenant and stands at a step; b only serves. */
async function moverAt(world: SimWorld, step: RegExp | string): Promise<{ a: SimReplica; b: SimReplica; held: Hold }> {
  const a = await world.replica('a')
  const b = await world.replica('b', { mover: false })
  const held = world.schedule.hold(step)
  await world.promote()
  await world.schedule.until(() => held.reached)
  await world.run(b.read('r1'))
  return { a, b, held }
}

export const copyAndSync: readonly Race[] = [
  {
    name: "6 delete between the copier's read and write",
    async stage(world) {
      const { b, held } = await moverAt(world, /^a\.mover: fetch g1 .*: answer/)
      const writes = world.schedule.hold(/^network: a\.mover: upsert g2/)
      await world.run(b.delete('r1'))
      held.release()
      await world.schedule.until(() => writes.reached)
      await world.run(b.delete('r2'))
      writes.release()
      await world.until('soaking')
      assert.deepEqual(
        world.store.landed.filter((label) => /a\.mover: upsert g2 .*r1/.test(label)),
        [],
      )
      assert.deepEqual(await world.contents(), { r3: 0, r4: 0, r5: 0 })
    },
  },
  {
    name: '7 sync, then an older copy batch lands',
    async stage(world) {
      let copies = 0
      world.store.fate = (label) => (label.startsWith('a.mover: upsert g2') && copies++ === 0 ? 'late' : 'done')
      const { b, held } = await moverAt(world, /^network: a\.mover: upsert g2.*late/)
      await world.run(b.put('r1', 1))
      await world.run(b.delete('r2'))
      await world.schedule.pass(4_000)
      assert.notEqual((await world.move()).state, 'soaking')
      held.release()
      await world.until('soaking')
      assert.deepEqual(await world.contents(), { r1: 1, r3: 0, r4: 0, r5: 0 })
    },
  },
  {
    name: '8 the copier overwrites a synced record with a stale read',
    async stage(world) {
      const { b, held } = await moverAt(world, /^a\.mover: (?!fetch g1 .*: look)/)
      void held
      held.release()
      const stale = world.schedule.hold(/^a\.mover: fetch g1 .*: answer/)
      await world.schedule.until(() => stale.reached)
      // Its process stands still from here on; another mover takes over, and a record is written and carried over.
      const frozen = world.schedule.hold(/^a\.mover: /)
      await world.replica('c')
      await world.run(b.put('r1', 1))
      const switching = world.schedule.hold(/^c\.mover: at verify: compared/)
      await world.schedule.until(() => switching.reached)
      frozen.release()
      stale.release()
      await world.schedule.pass(1_000)
      switching.release()
      await world.until('soaking')
      assert.equal((await world.contents()).r1, 1)
    },
  },
  {
    name: '9 sync reads a stale record and marks it clean',
    async stage(world) {
      const { b, held } = await moverAt(world, 'a.mover: at copy: batch recorded')
      world.store.lagMs = (label) => (label.startsWith('b:') ? 2_500 : 0)
      await world.run(b.put('r1', 1))
      await world.run(b.delete('r2'))
      held.release()
      await world.until('soaking')
      assert.deepEqual(await world.contents(), { r1: 1, r3: 0, r4: 0, r5: 0 })
    },
  },
  {
    name: "10 a write between sync's read and its mark",
    async stage(world) {
      const { b, held } = await moverAt(world, 'a.mover: at copy: batch recorded')
      await world.run(b.put('r1', 1))
      const sync = world.schedule.hold('network: a.mover: upsert g2 r1: apply')
      held.release()
      await world.schedule.until(() => sync.reached)
      await world.run(b.put('r1', 2))
      sync.release()
      await world.until('soaking')
      assert.equal((await world.contents()).r1, 2)
    },
  },
  {
    name: "16 a mover's late copy undoes a synced delete",
    async stage(world) {
      const { a, b, held } = await moverAt(world, /^network: a\.mover: upsert g2/)
      a.kill('mover')
      await world.run(b.delete('r1'))
      await world.replica('c')
      const takenOver = world.schedule.hold(/^c\.mover: list/)
      await world.schedule.until(() => takenOver.reached)
      takenOver.release()
      await world.schedule.pass(3_000)
      assert.notEqual((await world.move()).state, 'soaking')
      held.release()
      await world.until('soaking')
      assert.deepEqual(await world.contents(), { r2: 0, r3: 0, r4: 0, r5: 0 })
    },
  },
  {
    name: '20 two movers after a lost lease',
    async stage(world) {
      // First it loses the move to a person's pause, and notices at its next word to the registry.
      const { b, held: read } = await moverAt(world, /^a\.mover: fetch g1 .*: answer/)
      await world.steer('pause')
      const held = world.schedule.hold('a.mover: at copy: batch claimed')
      read.release()
      await world.schedule.pass(500)
      assert.equal(held.reached, false)
      await world.steer('resume')
      await world.schedule.until(() => held.reached)
      const frozen = world.schedule.hold(/^a\.mover: /)
      await world.replica('c')
      await world.run(b.delete('r1'))
      const done = world.schedule.hold(/^c\.mover: at verify: compared/)
      await world.schedule.until(() => done.reached)
      const token = await world.rows('select mover_token from moves')
      frozen.release()
      held.release()
      await world.schedule.pass(1_000)
      assert.deepEqual(await world.rows('select mover_token from moves'), token)
      assert.deepEqual(
        world.store.landed.filter((label) => label.startsWith('a.mover: upsert')),
        [],
      )
      done.release()
      await world.until('soaking')
      assert.deepEqual(await world.contents(), { r2: 0, r3: 0, r4: 0, r5: 0 })
    },
  },
  {
    name: '22 an update of a record that Y lacks yet does nothing',
    async stage(world) {
      const { b, held } = await moverAt(world, /^a\.mover: list g1/)
      // An update reads, merges and puts the whole record.
      const read = await world.run(b.read('r1'))
      await world.run(b.put('r1', Number(read) + 7))
      held.release()
      await world.until('soaking')
      assert.equal((await world.contents(2)).r1, 7)
    },
  },
  {
    name: '26 counts equal, contents not',
    async stage(world) {
      // All is copied when it lists the other place, to compare both.
      const { held } = await moverAt(world, /^a\.mover: list g2/)
      await world.spoil('r3', (one) => ({ ...one, metadata: { ...one.metadata, n: 9 } }))
      held.release()
      await world.until('soaking')
      assert.equal((await world.move()).repairs, 1)
      assert.equal((await world.contents()).r3, 0)
    },
  },
]
