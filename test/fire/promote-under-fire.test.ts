import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { contents } from '../support/move-world.ts'
import { App, recordOf } from './app.ts'
import { firstSeed, promotes } from './count.ts'
import { FireWorld } from './fire-world.ts'
import { seeded, strike } from './strikes.ts'

const untouched = Array.from({ length: 300 }, (_, n) => `still-${n}`)
const existing = Array.from({ length: 120 }, (_, n) => `old-${n}`)
const rounds = Math.ceil(promotes / 2)
/** Far more than it takes: who comes near it hangs. */
const limitMs = 300_000

test.concurrent.for([
  { lagMs: 0, name: 'at once' },
  { lagMs: 2_000, name: 'two seconds late' },
])(
  'replicas are killed and stopped while a tenant is promoted on a store that shows writes $name: every record is accounted for',
  { timeout: rounds * (limitMs + 240_000) },
  async ({ lagMs }) => {
    await using world = await FireWorld.open()
    for (let round = 0; round < rounds; round += 1) {
      const said = await promoteUnderFire(world, `fire-${round}`, lagMs, firstSeed + round * 2 + (lagMs > 0 ? 1 : 0))
      if (promotes > 2) console.log(said)
    }
  },
)

async function promoteUnderFire(world: FireWorld, tenantId: string, lagMs: number, seed: number): Promise<string> {
  const random = seeded(seed)
  world.store.setFaults({ lagMs: 0 })
  const authorization = await world.onboard(tenantId)
  await fill(world, authorization)
  world.store.setFaults({ lagMs })
  const app = new App({
    ...{ replicas: world.replicas, authorization, untouched, existing, readsBack: lagMs === 0 },
    random,
  })
  const over = new AbortController()
  let struck: readonly string[] = []
  let moveId: string | undefined
  try {
    await hasWorked(app, 50)
    const startedAt = performance.now()
    moveId = await world.promote(tenantId)
    const striking = strike(world.replicas, { strikes: 4, random, signal: over.signal, done: (all) => (struck = all) })
    const { writePauseMs } = await world.untilSwitched(moveId, limitMs).finally(async () => {
      over.abort()
      await striking
    })
    const tookMs = performance.now() - startedAt
    await hasWorked(app, app.counts.done + 20)
    await app.stop()

    expect(app.faults).toEqual([])
    // A write without an answer may land as long as it is in doubt, and what landed may not show yet.
    const id = moveId
    await vi.waitFor(async () => expect(await world.unsynced(id)).toBe(0), { timeout: 120_000, interval: 200 })
    await sleep(lagMs + 100)
    const active = await contents(await world.place(tenantId, 'active'))
    expect(faultsIn(active, app)).toEqual([])
    // The way back is open: the place that it left has the same (docs/moves.md I13).
    expect(await contents(await world.place(tenantId, 'follower'))).toEqual(active)
    return `${Math.round(tookMs)} ms, pause ${writePauseMs} ms; ${said(lagMs, seed, app, struck)}`
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
  const { done, unknown, refused, reads } = counts
  return `lag ${lagMs}, seed ${seed}: ${done} writes, ${unknown} unknown, ${refused} refused, ${reads} reads; ${struck.join('; ')}`
}

/** The app has written so much, and read too, however slow the machine is. */
async function hasWorked(app: App, writes: number): Promise<void> {
  const { counts } = app
  const look = () => expect(counts.done >= writes && counts.reads >= 20, `${counts.done} writes`).toBe(true)
  await vi.waitFor(look, { timeout: 120_000, interval: 50 })
}

/** What is lost, has come back, or is a mixture. */
function faultsIn(active: Awaited<ReturnType<typeof contents>>, app: App): string[] {
  const allowed = new Map([...app.allowed, ...untouched.map((id) => [id, [0]] as const)])
  const wrong: string[] = []
  for (const id of active.keys()) if (!allowed.has(id)) wrong.push(`${id} was never acknowledged`)
  for (const [id, versions] of allowed) {
    const record = active.get(id)
    const version = record?.metadata?.version as number | undefined
    if (!versions.includes(version)) wrong.push(`${id} is in version ${version} and not in ${versions.join(' or ')}`)
    else if (record !== undefined) expect({ ...record }).toEqual(recordOf(id, version as number))
  }
  return wrong
}

async function fill(world: FireWorld, authorization: string): Promise<void> {
  const ids = [...untouched, ...existing]
  for (let from = 0; from < ids.length; from += 100) {
    const vectors = ids.slice(from, from + 100).map((id) => recordOf(id, 0))
    const answer = await fetch(`${world.replicas[0]?.url}/vectors/upsert`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ vectors }),
    })
    expect(answer.status).toBe(200)
  }
}
