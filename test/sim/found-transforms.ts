import assert from 'node:assert/strict'
import { embeddingStamp } from '../../src/stores/embedding-stamp.ts'
import type { Race } from '../races/race.ts'
import { simVector } from './sim-models.ts'
import type { SimReplica } from './sim-replica.ts'
import type { SimWorld } from './sim-world.ts'

const world = { transforms: true } as const
const whole: readonly string[] = []

/** All is copied when the mover lists the other place, to compare both. */
const allCopied = /^a\.mover: list g2/

/** Replica a moves the tenant to another model and stands at a step; b only serves. */
async function transformingAt(world: SimWorld, step: string | RegExp) {
  const a = await world.replica('a')
  const b = await world.replica('b', { mover: false })
  const held = world.schedule.hold(step)
  await world.promote()
  await world.schedule.until(() => held.reached)
  // It goes by the routing of now.
  await world.run(b.read('r1'))
  return { a, b, held }
}

/** Asserts that a record of the new place has the vector that its model makes of this text. */
async function hasVectorOf(world: SimWorld, id: string, text: string): Promise<void> {
  const found = (await world.truth(2)).get(id)
  assert.deepEqual(found?.values, simVector({ model: 'other' }, text).map(Math.fround))
}

/** A request with vectors is refused, and changes nothing. */
async function isRefused(world: SimWorld, ask: () => Promise<unknown>): Promise<void> {
  const before = await world.contents()
  await assert.rejects(world.run(ask()), { code: 'conflict' })
  assert.deepEqual(await world.contents(), before)
}

async function standsForPerson(world: SimWorld): Promise<void> {
  await world.untilMove(({ stopped, ended, state }) => {
    assert.ok(!ended && state !== 'soaking', `the move went on as ${state}`)
    return stopped
  })
}

const phases = ['at rest', 'while it moves', 'in the soak'] as const

/** A tenant's replica in each phase of a move to another model, in their order. */
async function inEachPhase(world: SimWorld, look: (b: SimReplica, phase: (typeof phases)[number]) => Promise<void>) {
  const b = await world.replica('b', { mover: false })
  await look(b, 'at rest')
  await world.replica('a')
  const compared = world.schedule.hold('a.mover: at verify: compared')
  await world.promote()
  await world.schedule.until(() => compared.reached)
  await world.run(b.read('r1'))
  await look(b, 'while it moves')
  compared.release()
  await world.until('soaking')
  await world.run(b.read('r1'))
  await look(b, 'in the soak')
}

/** Staged histories of moves between two vector spaces, for the guards that only such moves have. */
export const foundTransforms: readonly Race[] = [
  {
    name: 'a text that changes while the sync embeds it is embedded again',
    world,
    async stage(world) {
      const { b, held } = await transformingAt(world, 'a.mover: at copy: batch recorded')
      await world.run(b.put('r1', 1))
      const embeds = world.schedule.hold('a.mover: embed other')
      held.release()
      await world.schedule.until(() => embeds.reached)
      await world.run(b.put('r1', 2))
      embeds.release()
      await world.until('soaking')
      assert.equal((await world.contents(2)).r1, 2)
      await hasVectorOf(world, 'r1', 'v2')
    },
  },
  {
    name: 'a record that is deleted while the copy embeds its text is not put',
    world,
    async stage(world) {
      const { b, held } = await transformingAt(world, 'a.mover: embed other')
      await world.run(b.delete('r1'))
      held.release()
      await world.until('soaking')
      const puts = world.store.landed.filter((label) => /a\.mover: upsert g2 .*r1/.test(label))
      assert.deepEqual(puts, [])
      assert.deepEqual(await world.contents(2), { r2: 0, r3: 0, r4: 0, r5: 0 })
    },
  },
  {
    name: 'a copy whose vector was made of another text is found by its stamp, and repaired',
    world,
    async stage(world) {
      const { held } = await transformingAt(world, allCopied)
      const [values, stamp] = [simVector({ model: 'other' }, 'v9'), embeddingStamp('other', 'v9')]
      await world.spoil('r3', (one) => ({ ...one, values, metadata: { ...one.metadata, _tr_emb: stamp } }))
      held.release()
      await world.until('soaking')
      assert.equal((await world.move()).repairs, 1)
      await hasVectorOf(world, 'r3', 'v0')
    },
  },
  {
    name: 'a copy whose stamp is right and whose vector is not is found by embedding it a second time',
    world,
    async stage(world) {
      const { held } = await transformingAt(world, allCopied)
      await world.spoil('r3', (one) => ({ ...one, values: simVector({ model: 'other' }, 'v9') }))
      held.release()
      await standsForPerson(world)
    },
  },
  {
    name: 'a vector of a model that no place has is refused in every phase',
    world,
    async stage(world) {
      await inEachPhase(world, async ({ app }) => {
        await isRefused(world, () => app.putAs('third', 'r1', 9))
        await isRefused(world, () => app.search('third', 'v0'))
      })
    },
  },
  {
    name: 'a vector that names no model is refused while the tenant changes its model, and afterwards',
    world,
    async stage(world) {
      await inEachPhase(world, async ({ app }, phase) => {
        if (phase !== 'at rest') await isRefused(world, () => app.putAs(undefined, 'r1', 9))
      })
    },
  },
  {
    name: 'a question by a vector is answered by the place of its model',
    world,
    async stage(world) {
      await inEachPhase(world, async ({ app }, phase) => {
        assert.equal(await world.run(app.search('test', 'v0')), 4)
        if (phase === 'in the soak') assert.equal(await world.run(app.search('other', 'v0')), 3)
        else await isRefused(world, () => app.search('other', 'v0'))
      })
    },
  },
  {
    name: "an app's vector that waits out the switch is embedded anew for the new place",
    world: { ...world, whole },
    async stage(world) {
      const { b, held } = await transformingAt(world, 'a.mover: at fence: entered')
      const putting = b.app.putAs('test', 'r1', 7)
      putting.catch(() => undefined)
      held.release()
      await world.until('soaking')
      await world.run(putting)
      await hasVectorOf(world, 'r1', 'v7')
    },
  },
  {
    name: 'a record that is not of length 1 stops a move to the other metric',
    async stage(world) {
      await world.replica('a')
      await world.changeMetric()
      await standsForPerson(world)
      const [{ words } = { words: '' }] = await world.rows<{ words: string }>(
        `select stopped->>'words' as words from moves`,
      )
      assert.match(words, /^5 record\(s\) can't go to an index of another metric/)
    },
  },
]
