import assert from 'node:assert/strict'
import type { Race } from '../races/race.ts'
import type { SimReplica } from './sim-replica.ts'
import type { SimWorld } from './sim-world.ts'

const lagMs = 1_500
const whole = ['new']

/** Two replicas of a tenant at rest, on a store that shows every write late. */
async function lateAtRest(world: SimWorld): Promise<readonly [SimReplica, SimReplica]> {
  const a = await world.replica('a')
  const b = await world.replica('b', { mover: false })
  world.store.lagMs = () => lagMs
  return [a, b]
}

/** The same of a tenant that has switched and may go back, with all of it carried over. */
async function lateInSoak(world: SimWorld): Promise<readonly [SimReplica, SimReplica]> {
  const a = await world.replica('a')
  const b = await world.replica('b', { mover: false })
  await world.promote()
  await world.until('soaking')
  world.store.lagMs = () => lagMs
  return [a, b]
}

/** The same of a tenant whose move stands between Verify and its fence until it is let go. */
async function lateInVerify(
  world: SimWorld,
): Promise<{ readonly a: SimReplica; readonly b: SimReplica; goOn(): void }> {
  const a = await world.replica('a')
  const b = await world.replica('b', { mover: false })
  const compared = world.schedule.hold('a.mover: at verify: compared')
  await world.promote()
  await world.schedule.until(() => compared.reached)
  world.store.lagMs = () => lagMs
  return { a, b, goOn: () => compared.release() }
}

/** Asserts that the lag is on: another replica does not see yet what one was answered a moment ago. */
async function isLate(world: SimWorld, b: SimReplica, id: string, n: number | undefined): Promise<void> {
  assert.notEqual(await world.run(b.look(id)), n)
}

async function goBack(world: SimWorld): Promise<void> {
  await world.steer('rollback')
  await world.until('rolled_back')
}

/** A verb looks at the place that the tenant leaves, and is told what is there when it is gone. */
async function lookWhileItGoesBack(world: SimWorld, label: string, begin: () => Promise<void>): Promise<void> {
  const look = world.schedule.hold(label)
  const deleting = begin()
  await world.schedule.until(() => look.reached)
  await goBack(world)
  look.release()
  await world.run(deleting)
}

/** B deletes everything; A sees r3 gone under B's look at the place, and puts it again: at once, or after a switch. */
async function putAgainUnder(
  world: SimWorld,
  label: string,
  a: SimReplica,
  b: SimReplica,
  between: () => Promise<void> = async () => undefined,
): Promise<{ readonly deleting: Promise<void> }> {
  const look = world.schedule.hold(label)
  const deleting = b.app.deleteAll()
  await world.schedule.until(() => look.reached)
  await world.schedule.pass(lagMs)
  await world.run(a.app.read(['r3']))
  await between()
  await world.run(a.app.put('r3', { n: 7, k: 'x' }))
  look.release()
  return { deleting }
}

/** The move stops for a person, and ends in no way before. */
async function standsForPerson(world: SimWorld): Promise<void> {
  await world.schedule.until(async () => {
    const { stopped, ended, state } = await world.move()
    assert.ok(!ended, `the move ended as ${state}`)
    return stopped
  })
}

/** Faults found by the simulation, each as a history with the seed that found it. */
export const found: readonly Race[] = [
  {
    name: 'while a late write may still reach a record in SOAK, the mover waits and does not ask without a pause (seed 6020)',
    async stage(world) {
      await world.replica('a')
      const b = await world.replica('b', { mover: false })
      await world.promote()
      await world.until('soaking')
      let carried = 0
      world.store.fate = (label) => (label.startsWith('a.mover: upsert g1') && carried++ === 0 ? 'late' : 'done')
      const late = world.schedule.hold(/^network: a\.mover: upsert g1 .*late/)
      await world.run(b.put('r1', 1))
      await world.schedule.until(() => late.reached)
      const before = world.schedule.trace.length
      await world.schedule.pass(3_000)
      assert.ok(world.schedule.trace.length - before < 400)
      late.release()
      await world.check()
      assert.equal((await world.contents(1)).r1, 1)
    },
  },
  {
    name: 'a mover that stood still after its claim does not take the token of the next one for its own (seed 1710)',
    async stage(world) {
      await world.replica('a')
      const read = world.schedule.hold(/^a\.mover: sql select "id", "tenant_id"/)
      await world.promote()
      await world.schedule.until(() => read.reached)
      await world.replica('b')
      const reserved = world.schedule.hold('b.mover: at prepare: target reserved')
      await world.schedule.until(() => reserved.reached)
      read.release()
      // It would say so now: two movers would change the move (I9).
      await world.schedule.pass(1_000)
      const said = world.schedule.trace.filter((label) => / a\.mover: (tx|at|create)/.test(label))
      assert.deepEqual(said, [])
      reserved.release()
      await world.until('soaking')
    },
  },
  {
    name: 'a partial update keeps what another replica wrote a moment before (seed 1033)',
    world: { whole },
    async stage(world) {
      const [a, b] = await lateAtRest(world)
      await world.run(a.app.put('r1', { n: 2, k: 'x' }))
      await isLate(world, b, 'r1', 2)
      await world.run(b.app.update('r1', { f: 1 }))
    },
  },
  {
    name: 'a partial update while the tenant moves keeps it, and both places come to have it (seed 26)',
    world: { whole },
    async stage(world) {
      const [a, b] = await lateInSoak(world)
      await world.run(a.app.put('r1', { n: 2, k: 'x' }))
      await isLate(world, b, 'r1', 2)
      await world.run(b.app.update('r1', { f: 1 }))
      await goBack(world)
    },
  },
  {
    name: 'an update is carried over as the place that was written comes to show it, and not as it was before',
    world: { whole },
    async stage(world) {
      const [, b] = await lateInSoak(world)
      // Later than the mover's next look, and within the bound.
      world.store.lagMs = (label) => (label.includes(' g2 ') ? 2_900 : 0)
      await world.run(b.app.update('r1', { f: 1 }))
      await goBack(world)
    },
  },
  {
    name: 'an update of a record that is not there makes none, and does not hold a switch up',
    world: { whole },
    async stage(world) {
      const [a, b] = await lateInSoak(world)
      await world.run(a.app.delete('r1'))
      await world.run(b.app.update('r1', { f: 1 }))
      await goBack(world)
    },
  },
  {
    name: 'a deletion by filter takes what another replica made match, and spares what it changed (seed 1061)',
    world: { whole },
    async stage(world) {
      const [a, b] = await lateAtRest(world)
      await world.run(a.app.put('r1', { n: 1, k: 'x' }))
      await world.schedule.pass(lagMs + 1)
      await world.run(a.app.put('r1', { n: 2, k: 'y' }))
      await world.run(a.app.put('r2', { n: 3, k: 'x' }))
      await isLate(world, b, 'r1', 2)
      await world.run(b.app.deleteWhere('x'))
    },
  },
  {
    name: 'a deletion by filter while the tenant moves does the same',
    world: { whole },
    async stage(world) {
      const [a, b] = await lateInSoak(world)
      await world.run(a.app.put('r1', { n: 1, k: 'x' }))
      await world.schedule.pass(lagMs + 1)
      await world.run(a.app.put('r1', { n: 2, k: 'y' }))
      await world.run(a.app.put('r2', { n: 3, k: 'x' }))
      await isLate(world, b, 'r1', 2)
      await world.run(b.app.deleteWhere('x'))
      await goBack(world)
    },
  },
  {
    name: 'a deletion by filter looks again at what was written between its look and its intent (seed 1220)',
    world: { whole },
    async stage(world) {
      const [a, b] = await lateInSoak(world)
      await world.run(a.app.put('r1', { n: 1, k: 'x' }))
      await world.schedule.pass(lagMs + 1)
      const intent = world.schedule.hold('b: tx')
      const deleting = b.app.deleteWhere('x')
      await world.schedule.until(() => intent.reached)
      await world.run(a.app.put('r1', { n: 2, k: 'y' }))
      intent.release()
      await world.run(deleting)
    },
  },
  {
    name: 'a deletion of everything that a switch interrupts leaves nothing that was there',
    world: { whole },
    async stage(world) {
      const { a, b, goOn } = await lateInVerify(world)
      await world.run(b.read('r1'))
      await world.run(a.app.put('new', { n: 1, k: 'x' }))
      await isLate(world, b, 'new', 1)
      // It looked before the record shows, and is told what it saw when the tenant has switched.
      const listed = world.schedule.hold('b: list g1: answer')
      const deleting = b.app.deleteAll()
      await world.schedule.until(() => listed.reached)
      goOn()
      await world.until('soaking')
      listed.release()
      await world.run(deleting)
    },
  },
  {
    name: 'a deletion by filter whose place is left and purged under its look goes on where the tenant lives (seed 30211)',
    world: { whole },
    async stage(world) {
      const [a, b] = await lateInSoak(world)
      await world.run(a.app.put('r1', { n: 1, k: 'x' }))
      await lookWhileItGoesBack(world, 'b: fetchByFilter g2: look', () => b.app.deleteWhere('x'))
    },
  },
  {
    name: 'a deletion of everything whose place is left and purged under its look goes on where the tenant lives',
    world: { whole },
    async stage(world) {
      const [, b] = await lateInSoak(world)
      await lookWhileItGoesBack(world, 'b: list g2: look', () => b.app.deleteAll())
    },
  },
  {
    name: 'a deletion of everything leaves what an app puts again after it has seen it gone (seed 10003004)',
    world: { whole },
    async stage(world) {
      const [a, b] = await lateInSoak(world)
      await world.run(a.app.put('r3', { n: 1, k: 'x' }))
      const { deleting } = await putAgainUnder(world, 'b: list g2: look', a, b)
      await world.run(deleting)
      assert.equal((await world.contents(2)).r3, 7)
    },
  },
  {
    name: 'a deletion of everything that starts over after a switch leaves what an app puts again before it',
    world: { whole },
    async stage(world) {
      const { a, b, goOn } = await lateInVerify(world)
      await world.run(a.app.put('r3', { n: 1, k: 'x' }))
      const { deleting } = await putAgainUnder(world, 'b: list g1: look', a, b, async () => {
        goOn()
        await world.until('soaking')
      })
      await world.run(deleting)
      assert.equal((await world.contents(2)).r3, 7)
    },
  },
  {
    name: 'a deletion by filter that starts over after a switch leaves what an app puts again before it',
    world: { whole },
    async stage(world) {
      const { a, b, goOn } = await lateInVerify(world)
      await world.run(a.app.put('r1', { n: 1, k: 'x' }))
      await world.schedule.pass(lagMs)
      const deleted = world.schedule.hold(/^b: delete g1 r1: answer/)
      const deleting = b.app.deleteWhere('x')
      await world.schedule.until(() => deleted.reached)
      // Its last question: whether the tenant still lives where it looked.
      const asks = world.schedule.hold('b: tx')
      deleted.release()
      await world.schedule.until(() => asks.reached)
      const switched = world.schedule.hold('a.mover: at flip: switched')
      goOn()
      await world.schedule.until(() => switched.reached)
      const looksAgain = world.schedule.hold('b: fetchByFilter g2: look')
      asks.release()
      switched.release()
      await world.schedule.until(() => looksAgain.reached)
      await world.until('soaking')
      world.store.lagMs = () => 0
      await world.run(a.app.put('r1', { n: 7, k: 'x' }))
      looksAgain.release()
      await world.run(deleting)
      assert.equal((await world.contents(2)).r1, 7)
    },
  },
  {
    name: 'a deletion of everything whose move ends under it leaves what an app puts again after it',
    world: { whole },
    async stage(world) {
      const [a, b] = await lateInSoak(world)
      await world.run(a.app.put('r3', { n: 1, k: 'x' }))
      const { deleting } = await putAgainUnder(world, 'b: list g2: look', a, b, () => goBack(world))
      await assert.rejects(world.run(deleting), { code: 'outcome_unknown' })
      assert.equal((await world.contents(1)).r3, 7)
    },
  },
  {
    name: 'a record that somebody removed from Y keeps its copy in X when an app changes it then (seed 10007990)',
    world: { whole },
    async stage(world) {
      const [, b] = await lateInSoak(world)
      await world.damage({ of: 'active', ids: ['r3'] })
      await world.run(b.app.update('r3', { f: 1 }))
      await standsForPerson(world)
      assert.equal((await world.contents(1)).r3, 0)
    },
  },
  {
    name: 'the last copy of a record that somebody removed after both places were counted is not purged (seed 30401)',
    world: { whole },
    async stage(world) {
      const a = await world.replica('a')
      await world.promote()
      await world.until('soaking')
      const counted = world.schedule.hold('a.mover: list g1: answer')
      await world.steer('complete')
      await world.schedule.until(() => counted.reached)
      await world.damage({ of: 'active', ids: ['r4'] })
      // So many come as went.
      await world.run(a.app.put('new', { n: 1, k: 'x' }))
      counted.release()
      await world.schedule.until(async () => (await world.move()).stopped)
      assert.equal((await world.contents(1)).r4, 0)
    },
  },
  {
    name: 'a record that somebody removed from X after a rollback counted both places is put back first (seed 8001434)',
    world: { whole },
    async stage(world) {
      await world.replica('a')
      await world.promote()
      await world.until('soaking')
      const counted = world.schedule.hold('a.mover: list g1: answer')
      await world.steer('rollback')
      await world.schedule.until(() => counted.reached)
      await world.damage({ of: 'follower', ids: ['r4'] })
      counted.release()
      await world.until('rolled_back')
      assert.equal((await world.contents(1)).r4, 0)
    },
  },
  {
    name: 'the copy of a record that somebody removed from X is kept when a mover dies in the midst of a batch (seed 9000583)',
    world: { whole },
    async stage(world) {
      const a = await world.replica('a')
      const written = world.schedule.hold('a.mover: at copy: batch written')
      await world.promote()
      await world.schedule.until(() => written.reached)
      await world.damage({ of: 'active', ids: ['r4'] })
      a.kill('all')
      await world.replica('c')
      await standsForPerson(world)
      assert.equal((await world.contents(2)).r4, 0)
    },
  },
  ...(
    [
      ['complete', 'soaking', 'completed'],
      ['rollback', 'soaking', 'rolled_back'],
      ['cancel', 'fencing', 'cancelled'],
    ] as const
  ).map(
    ([deed, from, end]): Race => ({
      name: `what an app deletes between ${deed} and the purge keeps no move from its end (seed 30056)`,
      world: { whole },
      async stage(world) {
        const a = await world.replica('a')
        const compared = world.schedule.hold('a.mover: at verify: compared')
        await world.promote()
        await world.schedule.until(() => compared.reached)
        if (deed !== 'cancel') compared.release()
        await world.until(from)
        const begun = world.schedule.hold(/^a\.mover: at (complete|rollBack|cancel): /)
        await world.steer(deed)
        compared.release()
        await world.schedule.until(() => begun.reached)
        await world.run(a.app.deleteAll())
        begun.release()
        await world.until(end)
      },
    }),
  ),
  {
    name: 'a rollback does not switch to an old place that somebody emptied',
    world: { moreRecords: 30 },
    async stage(world) {
      await world.replica('a')
      await world.promote()
      await world.until('soaking')
      await world.damage({ of: 'follower' })
      await world.steer('rollback')
      await standsForPerson(world)
    },
  },
  {
    name: 'a copy is not repaired down to a source that somebody emptied',
    world: { moreRecords: 30 },
    async stage(world) {
      await world.replica('a')
      const copied = world.schedule.hold('a.mover: at copy: batch recorded')
      await world.promote()
      await world.schedule.until(() => copied.reached)
      const more = Array.from({ length: 30 }, (_, n) => `s${String(n).padStart(4, '0')}`)
      await world.damage({ of: 'active', ids: more })
      copied.release()
      await standsForPerson(world)
    },
  },
]
