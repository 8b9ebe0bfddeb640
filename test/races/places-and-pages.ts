import assert from 'node:assert/strict'
import { ragMemory } from '../../src/rag/rag-memory.ts'
import { writing } from '../../src/rag/writes/tenant-writer.ts'
import { mustBeDone } from '../../src/routing/write-log/write-outcome.ts'
import { acme } from '../sim/sim-tenant.ts'
import type { Race } from './race.ts'

export const placesAndPages: readonly Race[] = [
  {
    name: '21 delete by filter misses a batch in flight',
    async stage(world) {
      await world.replica('a')
      const b = await world.replica('b', { mover: false })
      const batch = world.schedule.hold(/^network: a\.mover: upsert g2/)
      await world.promote()
      await world.schedule.until(() => batch.reached)
      const deps = {
        db: world.sql.connect('b').db,
        routes: b.routes,
        stores: world.store.connect('b'),
        memory: ragMemory(),
        writes: { announce: () => undefined },
        clock: world.schedule.clock('b'),
        settings: { storeInDoubtMs: 5_000, storeVisibleMs: 3_000 },
      }
      const deleting = writing(deps, acme, async (writer) => mustBeDone(await writer.deleteAll()))
      await world.run(
        Promise.all(
          world.history.ids.map((id) =>
            world.history.note('write', id, undefined, 'b', async () => void (await deleting)),
          ),
        ),
      )
      batch.release()
      await world.until('soaking')
      assert.deepEqual(await world.contents(2), {})
    },
  },
  {
    name: "23 a place's name used again, and an old cleanup deletes live data",
    async stage(world) {
      const a = await world.replica('a')
      const places = () =>
        world.rows<{ indexName: string; namespace: string }>(
          'select index_name as "indexName", namespace from places order by id',
        )
      await world.promote()
      await world.until('copying')
      await world.steer('cancel')
      await world.until('cancelled')
      const [, old] = await places()
      assert.ok(old)
      await world.run(a.put('r1', 1))
      await world.promote()
      await world.until('soaking')
      // The last request of the cancelled move is done only now.
      await world.run(world.store.connect('network').deleteIndex('default', old.indexName))
      const all = await places()
      assert.equal(new Set(all.map((one) => one.indexName)).size, 3)
      assert.equal(new Set(all.map((one) => one.namespace)).size, 3)
      assert.deepEqual(await world.contents(3), { r1: 1, r2: 0, r3: 0, r4: 0, r5: 0 })
    },
  },
  {
    name: '24 purge under a slow read',
    world: { settings: { readGraceMs: 10_000 } },
    async stage(world) {
      await world.replica('a')
      const b = await world.replica('b', { mover: false })
      await world.promote()
      const flip = world.schedule.hold('a.mover: at fence: tail synced')
      await world.schedule.until(() => flip.reached)
      const slow = world.schedule.hold('b: read g1 r1')
      const reading = b.read('r1')
      await world.schedule.until(() => slow.reached)
      flip.release()
      await world.until('soaking')
      await world.steer('complete')
      await world.schedule.pass(4_000)
      slow.release()
      assert.equal(await world.run(reading), 0)
      await world.until('completed')
      assert.deepEqual(await world.contents(1), {})
    },
  },
  {
    name: '27 an index made and never recorded',
    async stage(world) {
      const a = await world.replica('a')
      const made = world.schedule.hold(/^a\.mover: createIndex .*: answer/)
      await world.promote()
      await world.schedule.until(() => made.reached)
      assert.equal((await world.rows('select 1 from cleanups where done_at is null')).length, 1)
      a.kill()
      await world.replica('c')
      await world.until('soaking')
      assert.equal(world.store.indexNames().length, 2)
      await world.steer('rollback')
      await world.until('rolled_back')
      assert.deepEqual(world.store.indexNames(), ['tr-pool-1'])
    },
  },
  {
    name: '28 a page cursor crosses the switch',
    world: { moreRecords: 150 },
    async stage(world) {
      await world.replica('a')
      const b = await world.replica('b', { mover: false })
      await world.promote()
      const compared = world.schedule.hold('a.mover: at verify: compared')
      await world.schedule.until(() => compared.reached)
      await world.run(b.put('z-new', 1))
      const deps = {
        db: world.sql.connect('b').db,
        routes: b.routes,
        stores: world.store.connect('b'),
        memory: ragMemory(),
        writes: { announce: () => undefined },
        clock: world.schedule.clock('b'),
        settings: { storeInDoubtMs: 5_000, storeVisibleMs: 3_000 },
      }
      // The first page is deleted where the tenant lives, the second after it has moved.
      const first = world.schedule.hold('b: tx')
      const deleting = writing(deps, acme, async (writer) => mustBeDone(await writer.deleteAll()))
      const all = [...world.history.ids]
      const told = Promise.all(
        all.map((id) => world.history.note('write', id, undefined, 'b', async () => void (await deleting))),
      )
      await world.schedule.until(() => first.reached)
      const second = world.schedule.hold('b: list g1: look')
      first.release()
      await world.schedule.until(() => second.reached)
      compared.release()
      await world.until('soaking')
      second.release()
      await world.run(told)
      await world.schedule.pass(5_000)
      assert.deepEqual(await world.contents(2), {})
      assert.deepEqual(await world.contents(1), {})
    },
  },
]
