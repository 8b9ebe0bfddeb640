import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MoveView } from '../../src/moves/show-move.ts'
import { completeMove, rollbackMove } from '../../src/moves/steer-move.ts'
import { type MovePoint, movePoints } from '../../src/moves/sync/step.ts'
import { contents, MoveWorld, platform, type Replica } from '../support/move-world.ts'
import { start } from './shards.ts'
import { metricWay, suppliedWay, type Way } from './ways.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

const untilSoak = movePoints.filter((point) => !/^(cancel|rollBack|end|complete)/.test(point))
/** Points at which no fence is shut: writes are taken. */
const isOpen = (point: MovePoint) => /^(arm|copy|sync|verify)/.test(point)

/**
 * Begins a move whose mover dies once at each point, in their order; each time another one goes on. At every open point
 * the app writes a record.
 * @returns its id; it soaks.
 */
async function killedAtEach(app: Replica, { record }: Way, begin: () => Promise<MoveView>): Promise<string> {
  let move: MoveView | undefined
  for (const point of untilSoak) {
    const { died } = await world.mortal(point)
    move ??= await begin()
    await died
    if (isOpen(point)) await app.write.put(move.tenantId, [record(point, 1)])
  }
  const last = await world.replica()
  await world.until(move?.id ?? '', 'soaking')
  await last.stopMover()
  return move?.id ?? ''
}

/** Ends it with a mover that dies at each point of the end. */
async function endedAtEach(id: string, end: 'completed' | 'rolled_back'): Promise<void> {
  const deed = end === 'completed' ? completeMove : rollbackMove
  await deed(world.home, platform, id)
  for (const point of movePoints.filter((one) => one.startsWith(end === 'completed' ? 'complete' : 'rollBack')))
    await (await world.mortal(point)).died
  const last = await world.replica()
  await world.until(id, end)
  await last.stopMover()
}

/** A replica that serves the app and moves nothing. */
async function serving(): Promise<Replica> {
  const replica = await world.replica()
  await replica.stopMover()
  return replica
}

/** Everything in the tenant's place, without the stamps of its vectors. */
async function plainContents(tenantId: MoveView['tenantId']) {
  const found = await contents(await world.placeOf(tenantId))
  return [...found.values()].map(({ id, values, metadata = {} }) => {
    const { _tr_emb: _, ...own } = metadata
    return { id, values: values.map(Math.fround), metadata: own }
  })
}

const written = untilSoak.filter(isOpen)

test('a mover that dies at each point of a move to the other metric, there and back, loses nothing', async () => {
  const acme = await metricWay.tenant(world, 520)
  const app = await serving()
  const before = await plainContents(acme)
  const there = await killedAtEach(app, metricWay, () => metricWay.begin(world, acme))
  await endedAtEach(there, 'completed')
  const now = await plainContents(acme)
  expect(now.filter(({ metadata }) => !('version' in metadata))).toEqual(before)
  expect(now.filter(({ metadata }) => 'version' in metadata).map(({ id }) => id)).toEqual(written.toSorted())
  const home = await killedAtEach(app, metricWay, () => start(world, acme, 'rebalance', 'tr-pool-1'))
  await endedAtEach(home, 'rolled_back')
  expect(await plainContents(acme)).toEqual(now)
  const metric = await world.home.sql`
    select i.metric from places p join indexes i on i.id = p.index_id where p.state = 'active'`
  expect(metric).toEqual([{ metric: 'dotproduct' }])
})

test('a mover that dies at each point of a move with supplied vectors puts each with its record', async () => {
  const acme = await suppliedWay.tenant(world, 520)
  const app = await serving()
  const before = await contents(await world.placeOf(acme))
  const id = await killedAtEach(app, suppliedWay, () => suppliedWay.begin(world, acme))
  await endedAtEach(id, 'completed')
  const now = await plainContents(acme)
  const expected = [...before.values()].map(suppliedWay.arrived).map(({ values, ...one }) => ({
    ...one,
    values: values.map(Math.fround),
  }))
  expect(now.filter(({ metadata }) => !('version' in metadata))).toEqual(expected)
  expect(now.filter(({ metadata }) => 'version' in metadata).map((one) => one.id)).toEqual(written.toSorted())
  expect(await world.home.sql`select id from vector_files`).toEqual([])
})
