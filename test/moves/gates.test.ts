import { hostname } from 'node:os'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { AppError } from '../../src/errors.ts'
import { thawMoves } from '../../src/isolation/thaw-moves.ts'
import { claimMove } from '../../src/moves/runner/claim-move.ts'
import { type MoveView, showMove } from '../../src/moves/show-move.ts'
import type { GateKind } from '../../src/moves/state/gate.ts'
import { cancelMove, completeMove } from '../../src/moves/steer-move.ts'
import type { MovePoint } from '../../src/moves/sync/step.ts'
import type { IndexInfo, VectorStore } from '../../src/stores/store.ts'
import { MoveWorld, platform } from '../support/move-world.ts'
import { tcpWay } from '../support/tcp-way.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

/** The move as it is shown when it waits at such a gate, and as far as `isSo` asks. */
function waiting(
  id: string,
  kind: GateKind | readonly GateKind[],
  isSo: (gate: NonNullable<MoveView['waitsFor']>) => boolean = () => true,
): Promise<MoveView & { readonly waitsFor: NonNullable<MoveView['waitsFor']> }> {
  return vi.waitFor(
    async () => {
      const move = await showMove(world.home, id)
      if (!move.waitsFor || ![kind].flat().includes(move.waitsFor.kind) || !isSo(move.waitsFor))
        throw new Error(`it is at ${JSON.stringify(move.waitsFor)}`)
      return { ...move, waitsFor: move.waitsFor }
    },
    { timeout: 60_000, interval: 20 },
  )
}

function commands({ nextSteps, id }: MoveView): readonly string[] {
  return nextSteps.map(({ command }) => command.replace(id, 'ID'))
}

test('while the store is down in the copy, the gate names the call, its index, the tries and the next one, and passes with the first batch', async () => {
  const acme = await world.tenant('acme', 700)
  const [down, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let batches = 0
  await world.replica(async (point) => {
    if (point === 'arm: all visible')
      world.local.local.setFaults({ lagMs: 200, rules: [{ fault: 'error', status: 503, on: 'fetch' }] })
    if (point === 'copy: batch written' && batches++ === 0) {
      down.resolve()
      await goOn.promise
    }
  })
  const { id } = await world.promote(acme)
  const hung = await waiting(id, 'step_failed', ({ tries, nextTryAt }) => tries >= 3 && nextTryAt !== null)
  expect(hung).toMatchObject({
    state: 'copying',
    mover: hostname(),
    waitsFor: { operation: 'fetch', index: 'tr-pool-1' },
  })
  expect(hung.gate).toMatch(/^fetch on index tr-pool-1 failed: .*store_(un|busy).*; it is tried again$/)
  expect(Date.parse(hung.waitsFor.nextTryAt ?? '')).toBeGreaterThan(Date.parse(hung.waitsFor.since))
  expect(commands(hung)).toEqual(['tenant-router moves pause ID', 'tenant-router moves cancel ID'])
  world.local.local.setFaults({ rules: [] })
  await down.promise
  // The copy goes on, and says no more of what has passed.
  expect(await showMove(world.home, id)).toMatchObject({ state: 'copying', waitsFor: null, gate: null })
  goOn.resolve()
  await world.until(id, 'soaking')
})

test('a write that hangs on one replica keeps the switch, and is named with its record and its host', async () => {
  const acme = await world.tenant('acme', 5)
  const copying = Promise.withResolvers<void>()
  const hold = async (point: MovePoint) => {
    if (point === 'copy: batch claimed') await copying.promise
  }
  const b = await world.replica(hold, { storeCallMs: 60_000 })
  world.local.local.setFaults({ lagMs: 200 })
  const { id } = await world.promote(acme)
  await world.until(id, 'copying')
  const landed = Promise.withResolvers<void>()
  const hung = b.writeHeld(acme, 'slow', landed.promise)
  await vi.waitFor(
    async () => expect(await world.home.sql`select 1 from dirty where state = 'inflight'`).toHaveLength(1),
    { timeout: 60_000 },
  )
  copying.resolve()
  // First the write keeps a fence from being shut, or opened one again; then it keeps its replica from taking notice.
  const { gate, waitsFor } = await waiting(id, ['write_under_way', 'replicas_behind'], ({ record }) => record !== null)
  expect(waitsFor).toMatchObject({ record: 'slow', replica: hostname(), index: 'tr-pool-1', count: 1 })
  expect(gate).toContain(`(record slow, index tr-pool-1, replica ${hostname()})`)
  landed.resolve()
  await hung
  await world.until(id, 'soaking')
})

test('a record whose writes get no answer again and again is one gate, with its age and its tries', async () => {
  const acme = await world.tenant('acme', 5)
  const written = Promise.withResolvers<void>()
  const a = await world.replica(async (point) => {
    if (point === 'copy: batch claimed') await written.promise
  })
  world.local.local.setFaults({ lagMs: 200 })
  const { id } = await world.promote(acme)
  await world.until(id, 'copying')
  let writes = 0
  let done = false
  onTestFinished(() => {
    done = true
  })
  const app = (async () => {
    while (!done) {
      const unanswered = Promise.reject(new AppError('outcome_unknown', 'The store did not answer.'))
      unanswered.catch(() => undefined)
      await a.writeHeld(acme, 'hot', unanswered).catch(() => undefined)
      writes += 1
      written.resolve()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()
  const { waitsFor, gate } = await waiting(id, 'write_in_doubt', ({ tries }) => tries >= 2)
  expect(waitsFor).toMatchObject({ record: 'hot', index: expect.stringMatching(/^tr-/), count: 1 })
  expect(Date.parse(waitsFor.until ?? '')).toBeGreaterThan(Date.parse(waitsFor.since))
  expect(gate).toContain('record hot')
  expect(writes).toBeGreaterThan(1)
  done = true
  await app
  await world.until(id, 'soaking')
})

test('an index that lags a minute is named while it is waited for, and a cancel is taken meanwhile', async () => {
  const acme = await world.tenant('acme', 5)
  const a = await world.replica()
  world.local.local.setFaults({ lagMs: 60_000 })
  await a.write.put(acme, [{ id: 'unseen', values: [1, 2, 3, 4] }])
  const { id } = await world.promote(acme)
  const { waitsFor, gate, state } = await waiting(id, 'not_shown_yet')
  expect({ state, index: waitsFor.index, tries: waitsFor.tries }).toEqual({
    state: 'arming',
    index: 'tr-pool-1',
    tries: 1,
  })
  expect(gate).toContain('do not show yet (index tr-pool-1)')
  await cancelMove(world.home, platform, id)
  // The store lags still: only the way out was asked for.
  await world.until(id, 'cancelled')
})

test('a move that has its turn and finds all movers busy says so, and goes on when one is free', async () => {
  const names = ['acme', 'beta', 'gamma'] as const
  const tenants = []
  for (const name of names) tenants.push(await world.tenant(name, 5))
  const ending = Promise.withResolvers<void>()
  await world.replica(async (point) => {
    if (point === 'complete: begun') await ending.promise
  })
  for (const tenant of tenants.slice(0, 2)) {
    const { id } = await world.promote(tenant)
    await world.until(id, 'soaking')
    await completeMove(world.home, platform, id)
    await world.until(id, 'completing')
  }
  const third = tenants[2]
  if (third === undefined) throw new Error('there are three')
  const { id } = await world.promote(third)
  const busy = await waiting(id, 'movers_busy')
  expect(busy).toMatchObject({ state: 'queued', gate: 'all 2 mover(s) are busy with other moves', mover: null })
  expect(commands(busy)).toEqual([
    'tenant-router moves list',
    'tenant-router moves pause ID',
    'tenant-router moves cancel ID',
  ])
  ending.resolve()
  await world.until(id, 'soaking')
})

test('a move that is stuck at one gate gives its turn to the next, and goes on when what kept it has passed', async () => {
  const [acme, beta] = [await world.tenant('acme', 5), await world.tenant('beta', 5)]
  let aheadMs = 0
  const clock = { ...systemClock, epochMs: () => Date.now() + aheadMs }
  let isStarting = true
  const asShown = (info: IndexInfo) => ({ ...info, ready: !(isStarting && info.name.includes('-acme-')) })
  const stores = (inner: VectorStore): VectorStore => ({
    open: (placement) => inner.open(placement),
    createIndex: async (project, spec, options) => asShown(await inner.createIndex(project, spec, options)),
    async describeIndex(project, name, options) {
      const info = await inner.describeIndex(project, name, options)
      return info && asShown(info)
    },
    listIndexes: (project, options) => inner.listIndexes(project, options),
    deleteIndex: (project, name, options) => inner.deleteIndex(project, name, options),
    listNamespaces: (index, input, options) => inner.listNamespaces(index, input, options),
  })
  await world.replica(undefined, { clock, stores })
  const stuck = await world.promote(acme)
  expect(await waiting(stuck.id, 'index_starting')).toMatchObject({
    state: 'preparing',
    waitsFor: { index: stuck.target?.index },
  })
  // They share an index, on which one move works at a time.
  const next = await world.promote(beta)
  expect(await waiting(next.id, 'index_busy')).toMatchObject({ state: 'queued', waitsFor: { index: 'tr-pool-1' } })

  const nextState = async () => {
    aheadMs += 5_000
    return (await showMove(world.home, next.id)).state
  }
  await expect.poll(nextState, { timeout: 60_000, interval: 200 }).not.toBe('queued')
  await world.until(next.id, 'soaking')
  expect((await showMove(world.home, stuck.id)).state).toBe('preparing')
  isStarting = false
  await world.until(stuck.id, 'soaking')
})

test('a queued move does not begin while findings or suspicions freeze moves, and says what ends that', async () => {
  const acme = await world.tenant('acme', 5)
  const { sql } = world.home
  const claim = () => claimMove(world.home.db, { leaseMs: 1, host: 'x' })
  const { id } = await world.promote(acme)
  const [run] = await sql<{ id: string }[]>`
    insert into isolation_runs (state, options, created_by, ended_at) values ('failed', '{}', 'somebody', now()) returning id`
  expect(await claim()).toBeUndefined()
  const frozen = await waiting(id, 'moves_frozen')
  expect(frozen.gate).toBe('moves are frozen: prove-isolation found that a tenant reached another')
  expect(commands(frozen)).toContain(`tenant-router prove-isolation thaw ${run?.id}`)
  await thawMoves(world.home, platform, run?.id ?? '')

  await sql`insert into place_watch (place_id, suspicions) select id, 2 from places where tenant_id = 'acme' and state = 'active'`
  expect(await claim()).toBeUndefined()
  expect(commands(await waiting(id, 'moves_frozen'))).toContain('tenant-router indexes seal tr-pool-1')
  await sql`delete from place_watch`

  await world.replica()
  await world.until(id, 'soaking')
  // A move under way goes on, whatever is found meanwhile.
  await sql`insert into isolation_runs (state, options, created_by, ended_at) values ('failed', '{}', 'somebody', now())`
  await completeMove(world.home, platform, id)
  await world.until(id, 'completed')
})

test('while a replica without Postgres may read the old place by what it saw, the place stays and the replica is named', async () => {
  const acme = await world.tenant('acme', 5)
  const way = world.stack.use(await tcpWay(world.home.url))
  const cutOff = await world.replica(undefined, { url: way.url })
  world.stack.defer(() => way.drop(false))
  await cutOff.stopMover()
  const old = (await cutOff.routes.find(acme)).routing.active
  await world.replica(undefined, { settings: { staleReadsMs: 600_000 } })
  way.drop(true)
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  await completeMove(world.home, platform, id)
  const kept = await waiting(id, 'stale_reader')
  expect(kept).toMatchObject({ state: 'completing', waitsFor: { replica: hostname() } })
  expect(kept.gate).toContain(`may still read the old place (${hostname()}), until `)
  expect(Date.parse(kept.waitsFor.until ?? '')).toBeGreaterThan(Date.parse(kept.waitsFor.since))
  // It does read there, and finds everything.
  expect((await cutOff.routes.find(acme)).routing.active).toEqual(old)
  expect((await cutOff.store.open(old).list({ limit: 10 })).ids).toHaveLength(5)

  await world.home.sql`update sessions set expires_at = expires_at - interval '10 minutes' where expires_at < now()`
  await world.until(id, 'completed')
  expect(await world.store.open(old).describeNamespace()).toBeUndefined()
})
