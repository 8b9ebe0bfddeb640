import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { findParts } from '../../src/moves/copy/find-parts.ts'
import { pauseMove, resumeMove } from '../../src/moves/steer-move.ts'
import type { MovePoint, MoveSettings } from '../../src/moves/sync/step.ts'
import type { TenantStore, VectorRecord, VectorStore } from '../../src/stores/store.ts'
import { contents, MoveWorld, platform } from '../support/move-world.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

const inLanes: Partial<MoveSettings> = {
  copyLanes: 3,
  copySplit: { partsPerLane: 3, fromRecords: 100, pageIds: 10 },
}

/** Ids of several shapes: some equal a prefix of others, some have spaces or the last of all characters. */
const oddIds = [
  ...Array.from({ length: 320 }, (_, n) => `doc-${n}`),
  ...Array.from({ length: 40 }, (_, n) => `doc-${n}#${n % 7}`),
  ...Array.from({ length: 150 }, (_, n) => `u${n.toString(16).padStart(4, '0')}`),
  ...Array.from({ length: 30 }, (_, n) => `with space ${n}`),
  ...'d do doc- u u0 u00 with ! ~ ~~~ A Z%25 a+b&c=d#e?f/g'.split(' '),
]

async function oddTenant() {
  const acme = await world.tenant('acme', 0)
  await (await world.placeOf(acme)).upsert(oddIds.map((id, n): VectorRecord => ({ id, values: [1, n, 2, 3] })))
  return { acme, place: await world.placeOf(acme) }
}

async function allIds(place: TenantStore, prefix: string): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await place.list({ ...(prefix && { prefix }), ...(cursor !== undefined && { cursor }) })
    ids.push(...page.ids)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return ids
}

async function rowOf(id: string) {
  const [row] = await world.home.sql<
    { state: string; copied: number; repairs: number; claimed: string[]; parts: { prefix: string }[] | null }[]
  >`select state, copied, repairs, claimed_ids as claimed, copy_parts as parts from moves where id = ${id}`
  if (row === undefined) throw new Error('no such move')
  return row
}

/** Calls to the store that the mover makes. */
function watched(calls: string[]) {
  return (inner: VectorStore): VectorStore => ({
    ...inner,
    open: (placement) => {
      const place = inner.open(placement)
      return {
        ...place,
        list: (input, options) => {
          calls.push(`list g${placement.generation} ${input.prefix ?? ''}`)
          return place.list(input, options)
        },
        upsert: (records, options) => {
          calls.push(`upsert g${placement.generation}`)
          return place.upsert(records, options)
        },
      }
    },
  })
}

test.each([1, 2, 10, 100])('parts of a place hold each id once, with pages of %d ids', async (pageIds) => {
  const { place } = await oddTenant()
  for (const atLeast of [1, 2, 9, 40, 1_000]) {
    const parts = await findParts(place, { atLeast, pageIds, signal: AbortSignal.timeout(60_000) })
    const held: string[] = []
    for (const { prefix, isOneId } of parts) held.push(...(isOneId ? [prefix] : await allIds(place, prefix)))
    expect(held.toSorted()).toEqual(oddIds.toSorted())
    expect(parts.filter(({ prefix }) => prefix.includes(' '))).toEqual([])
    if (atLeast === 9) expect(parts.length).toBeGreaterThanOrEqual(9)
  }
})

test('a place is not split where a space follows the prefix, for the vendor takes no such prefix', async () => {
  const { place } = await oddTenant()
  await place.upsert([{ id: ' first of all', values: [1, 2, 3, 4] }])
  const parts = await findParts(place, { atLeast: 9, pageIds: 10, signal: AbortSignal.timeout(60_000) })
  expect(parts).toEqual([{ prefix: '' }])
})

test('a place is copied whole where the store refuses the prefixes by which it would be split', async () => {
  const { acme, place } = await oddTenant()
  const before = await contents(place)
  const refused: string[] = []
  const refusing = (inner: VectorStore): VectorStore => ({
    ...inner,
    open: (placement) => {
      const one = inner.open(placement)
      const list: TenantStore['list'] = (input, options) => {
        if (input.prefix?.endsWith('~') !== true) return one.list(input, options)
        refused.push(input.prefix)
        return Promise.reject(new AppError('invalid_request', 'The vector store refused this: prefix'))
      }
      return { ...one, list }
    },
  })
  await world.replica(undefined, { settings: inLanes, stores: refusing })
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  expect(refused).toContain('~')
  expect(await contents(await world.placeOf(acme))).toEqual(before)
  expect(await rowOf(id)).toMatchObject({ copied: oddIds.length, repairs: 0 })
})

test('ids that share a long beginning are not split without end', async () => {
  const { place } = await oddTenant()
  const shared = '!'.repeat(400)
  const same = { ...place, list: counted(place, shared) }
  const parts = await findParts(same, { atLeast: 9, pageIds: 2, signal: AbortSignal.timeout(60_000) })
  expect(parts).toEqual([{ prefix: shared.slice(0, parts[0]?.prefix.length) }])
  expect(same.list.calls).toBeLessThan(5_000)
})

/** The listing of a place whose ids all begin with 400 times the same character. */
function counted(place: TenantStore, shared: string) {
  const ids = ['1', '2', '3'].map((end) => shared + end)
  const list = async ({ prefix = '', limit = 100 }: Parameters<TenantStore['list']>[0]) => {
    list.calls += 1
    const found = ids.filter((id) => id.startsWith(prefix))
    const more = found.length > limit && { nextCursor: 'more' }
    return { ...(await place.list({ prefix: 'none of these' })), ids: found.slice(0, limit), ...more }
  }
  list.calls = 0
  return list
}

test('a large place is copied in lanes, each record once, and none has to be repaired', async () => {
  const { acme, place } = await oddTenant()
  const before = await contents(place)
  const rounds: { parts: number; claimed: number }[] = []
  await world.replica(
    async (point, { id }) => {
      if (point !== 'copy: batch claimed') return
      const { parts, claimed } = await rowOf(id)
      rounds.push({ parts: parts?.length ?? 0, claimed: claimed.length })
    },
    { settings: inLanes },
  )
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  expect(await contents(await world.placeOf(acme))).toEqual(before)
  expect(await rowOf(id)).toMatchObject({ copied: oddIds.length, repairs: 0, claimed: [], parts: null })
  expect(rounds[0]?.parts).toBeGreaterThanOrEqual(9)
  expect(rounds.map(({ parts }) => parts)).toEqual(rounds.map(({ parts }) => parts).toSorted((a, b) => b - a))
})

test('a small place is copied as one, and asked for no prefix', async () => {
  const acme = await world.tenant('acme', 99)
  const calls: string[] = []
  await world.replica(undefined, { settings: inLanes, stores: watched(calls) })
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  expect(calls.filter((call) => /list g1 ./.test(call))).toEqual([])
  expect(calls).toContain('list g1 ')
})

test.each<MovePoint>(['copy: batch claimed', 'copy: batch written', 'copy: batch recorded', 'sync: carried over'])(
  'a mover that dies at "%s" leaves its lanes to another, which goes on with what is open',
  async (point) => {
    const { acme, place } = await oddTenant()
    const before = await contents(place)
    const died = Promise.withResolvers<void>()
    let times = 0
    const replica = await world.replica(
      async (reached) => {
        if (reached !== point || ++times !== 3) return
        await replica.killMover()
        died.resolve()
      },
      { settings: inLanes },
    )
    const { id } = await world.promote(acme)
    await died.promise
    const left = await rowOf(id)
    expect(left.state).toBe('copying')
    expect(left.copied).toBeGreaterThan(0)
    expect(left.parts?.length).toBeGreaterThan(0)
    const calls: string[] = []
    let copying: readonly string[] | undefined
    const hook = async (reached: MovePoint, { state }: { readonly state: string }) => {
      // The comparison looks for parts of its own.
      if (reached === 'sync: carried over' && state === 'verifying') copying ??= [...calls]
    }
    await world.replica(hook, { settings: inLanes, stores: watched(calls) })
    await world.until(id, 'soaking')
    expect(await contents(await world.placeOf(acme))).toEqual(before)
    expect(await rowOf(id)).toMatchObject({ copied: oddIds.length, repairs: 0, claimed: [], parts: null })
    // It looks for no parts anew, and lists only those that were left.
    expect(copying?.length).toBeGreaterThan(0)
    const prefixes = new Set((copying ?? []).flatMap((call) => /^list g1 (.+)/.exec(call)?.[1] ?? []))
    expect([...prefixes].filter((prefix) => !left.parts?.some((part) => part.prefix === prefix))).toEqual([])
  },
)

test('a paused copy goes on in its lanes, and what was written meanwhile is carried over', async () => {
  const { acme, place } = await oddTenant()
  const before = await contents(place)
  const reached = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const calls: string[] = []
  const replica = await world.replica(
    async (point) => {
      if (point !== 'copy: batch written') return
      reached.resolve()
      await goOn.promise
    },
    // Until the end of this lease the paused mover may still send.
    { settings: inLanes, stores: watched(calls), leaseMs: 5_000 },
  )
  const { id } = await world.promote(acme)
  await reached.promise
  await pauseMove(world.home, platform, id)
  // One that is in no part that was found, one that is copied already or claimed, and one that is gone.
  await replica.write.put(acme, [{ id: '_new', values: [1, 1, 1, 1] }])
  await replica.write.put(acme, [{ id: 'doc-7', values: [7, 7, 7, 7] }])
  await replica.write.delete(acme, ['doc-8'])
  goOn.resolve()
  await vi.waitFor(async () => expect((await rowOf(id)).state).toBe('paused'), { timeout: 60_000 })
  const upserts = calls.filter((call) => call.startsWith('upsert')).length
  expect((await rowOf(id)).parts?.length).toBeGreaterThan(0)
  await resumeMove(world.home, platform, id)
  await world.until(id, 'soaking')
  expect(calls.filter((call) => call.startsWith('upsert')).length).toBeGreaterThan(upserts)
  const after = await contents(await world.placeOf(acme))
  before.delete('doc-8')
  before.set('doc-7', { id: 'doc-7', values: [7, 7, 7, 7] })
  before.set('_new', { id: '_new', values: [1, 1, 1, 1] })
  expect(new Map([...after].toSorted())).toEqual(new Map([...before].toSorted()))
  expect((await rowOf(id)).repairs).toBe(0)
})
