import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { expect, vi } from 'vitest'
import type { VectorRecord } from '../../src/stores/store.ts'
import { contents } from '../support/move-world.ts'
import { App } from './app.ts'
import type { FireWorld } from './fire-world.ts'
import type { RecordOf, State } from './record.ts'
import { seeded, strike } from './strikes.ts'

const untouched = Array.from({ length: 300 }, (_, n) => `still-${n}`)
const existing = Array.from({ length: 120 }, (_, n) => `old-${n}`)
/** Far more than it takes: who comes near it hangs. */
export const fireLimitMs = 300_000

/** A kind of move under fire. */
export interface FireCourse {
  /** The records of the app, as it sends them. */
  readonly recordOf: RecordOf
  /** Headers of each of its requests. */
  readonly headers?: Readonly<Record<string, string>>
  begin(world: FireWorld, tenantId: string): Promise<string>
  /** A record of a place as the app sent it, where it is what that place has to have; else as it is. */
  seen?(record: VectorRecord, place: 'active' | 'follower'): VectorRecord
}

/**
 * Moves a tenant there, back and there again while its app works and replicas are killed and stopped; then accounts for
 * every record in both places.
 * @returns what happened, in words.
 */
export async function moveUnderFire(
  world: FireWorld,
  course: FireCourse,
  { tenantId, lagMs, seed }: { readonly tenantId: string; readonly lagMs: number; readonly seed: number },
): Promise<string> {
  const random = seeded(seed)
  world.store.setFaults({ lagMs: 0 })
  const authorization = await world.onboard(tenantId)
  await fill(world, course, authorization)
  world.store.setFaults({ lagMs })
  const app = new App({
    replicas: world.replicas,
    headers: { ...course.headers, authorization },
    recordOf: course.recordOf,
    untouched,
    existing,
    readsBack: lagMs === 0,
    random,
  })
  const over = new AbortController()
  const struck: string[] = []
  const pauses: number[] = []
  let moveId: string | undefined
  /** Strikes until the move is there, and lets the app work on what it finds. */
  const struckUntil = async (id: string, state: 'soaking' | 'rolled_back') => {
    const there = new AbortController()
    const signal = AbortSignal.any([there.signal, over.signal])
    const striking = strike(world.replicas, { strikes: 3, random, signal, struck })
    const pauseMs = await world.until(id, state, fireLimitMs).finally(async () => {
      there.abort()
      await striking
    })
    pauses.push(pauseMs)
    await hasWorked(app, app.counts.done + 20)
  }
  try {
    await hasWorked(app, 50)
    const startedAt = performance.now()
    moveId = await course.begin(world, tenantId)
    await struckUntil(moveId, 'soaking')
    await world.rollBack(moveId)
    await struckUntil(moveId, 'rolled_back')
    moveId = await course.begin(world, tenantId)
    await struckUntil(moveId, 'soaking')
    const tookMs = performance.now() - startedAt
    await app.stop()

    expect(app.faults).toEqual([])
    // A write without an answer may land as long as it is in doubt, and what landed may not show yet.
    const id = moveId
    await vi.waitFor(async () => expect(await world.unsynced(id)).toBe(0), { timeout: 120_000, interval: 200 })
    await sleep(lagMs + 100)
    const active = await seenIn(world, course, tenantId, 'active')
    expect(faultsIn(active, course, app)).toEqual([])
    // The way back is open: the place that it left has the same (docs/moves.md I13).
    expect(await seenIn(world, course, tenantId, 'follower')).toEqual(active)
    return `${Math.round(tookMs)} ms, pauses ${pauses.join(', ')} ms; ${said(lagMs, seed, app, struck)}`
  } catch (fault) {
    const move = moveId === undefined ? 'no move' : await world.told(moveId)
    const why = fault instanceof Error ? fault.message : String(fault)
    throw new Error(`${why}\n${said(lagMs, seed, app, struck)}\n${move}`, { cause: fault })
  } finally {
    over.abort()
    await app.stop()
  }
}

function said(lagMs: number, seed: number, { counts }: App, struck: readonly string[]): string {
  const { done, updates, filters, unknown, refused, reads } = counts
  const writes = `${done} writes (${updates} partial updates, ${filters} deletions by filter), ${unknown} unknown, ${refused} refused`
  return `lag ${lagMs}, seed ${seed}: ${writes}, ${reads} reads; ${struck.join('; ')}`
}

/** The app has written so much, and read too, however slow the machine is. */
async function hasWorked(app: App, writes: number): Promise<void> {
  const { counts } = app
  const look = () => expect(counts.done >= writes && counts.reads >= 20, `${counts.done} writes`).toBe(true)
  await vi.waitFor(look, { timeout: 120_000, interval: 50 })
}

async function seenIn(
  world: FireWorld,
  { seen = (record) => record }: FireCourse,
  tenantId: string,
  which: 'active' | 'follower',
): Promise<ReadonlyMap<string, VectorRecord>> {
  const all = await contents(await world.place(tenantId, which))
  return new Map([...all].map(([id, record]) => [id, seen(record, which)]))
}

/** Records that are lost, have come back, or are a mixture. */
function faultsIn(active: ReadonlyMap<string, VectorRecord>, { recordOf }: FireCourse, { records }: App): string[] {
  const allowed = new Map<string, readonly State[]>(records.allowed)
  for (const id of untouched) allowed.set(id, [{ version: 0 }])
  const wrong: string[] = []
  for (const id of active.keys()) if (!allowed.has(id)) wrong.push(`${id} was never acknowledged`)
  for (const [id, states] of allowed) {
    const record = active.get(id)
    const isOne = states.some((state) => isDeepStrictEqual(plain(record), plain(state && recordOf(id, state))))
    if (!isOne) wrong.push(`${id} is ${JSON.stringify(record)} and not ${JSON.stringify(states)}`)
  }
  return wrong
}

/** The record as JSON carries it. */
function plain(record: unknown): unknown {
  return record === undefined ? undefined : JSON.parse(JSON.stringify(record))
}

async function fill(world: FireWorld, { recordOf, headers }: FireCourse, authorization: string): Promise<void> {
  const ids = [...untouched, ...existing]
  for (let from = 0; from < ids.length; from += 100) {
    const vectors = ids.slice(from, from + 100).map((id) => recordOf(id, { version: 0 }))
    // A replica that has begun a moment ago may be too busy, and says so.
    const isStored = async () => {
      const answer = await fetch(`${world.replicas[0]?.url}/vectors/upsert`, {
        method: 'POST',
        headers: { ...headers, authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ vectors }),
      })
      expect(answer.status, await answer.text()).toBe(200)
    }
    await vi.waitFor(isStored, { timeout: 60_000, interval: 1000 })
  }
}
