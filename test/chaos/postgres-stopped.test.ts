import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { freePort } from '../../src/embedded/free-port.ts'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { runCli } from '../cli/run-cli.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { type ChaosReplica, ChaosWorld } from './chaos-world.ts'

const stoppedMs = 20_000
const patient = { timeout: 120_000, interval: 100 }

test('Postgres is stopped for 20 s under two replicas and a move: reads go on and say so, and no acknowledged write is lost', {
  timeout: 600_000,
}, async () => {
  await using world = await ChaosWorld.open()
  const folder = world.stack.use(await temporaryFolder())
  const home = { dataDir: join(folder.path, 'postgres'), port: await freePort() }
  let server = await startEmbeddedPostgres(home)
  world.stack.defer(() => server[Symbol.asyncDispose]())
  expect(await runCli(['migrate', '--yes'], { DATABASE_URL: server.url })).toMatchObject({ code: 0 })
  const env = { DATABASE_URL: server.url, FENCE_BUDGET_MS: '20000' }
  const replicas = [await world.replica(env), await world.replica(env)] as const
  const [first, second] = replicas
  const app = await world.onboard(first, 'acme')
  const moving = await world.onboard(first, 'moving')
  const upsert = (at: ChaosReplica, authorization: string, id: string, round: number) => {
    const vectors = [{ id, values: [1, 2, 3, 4], metadata: { round } }]
    return at.public({ path: '/vectors/upsert', authorization, body: { vectors } })
  }
  const fetched = (at: ChaosReplica, authorization: string, ids: readonly string[]) =>
    at.public({ path: '/vectors/fetch', authorization, body: { ids } })
  for (const at of replicas) expect((await upsert(at, moving, 'm', 0)).status).toBe(200)
  world.stores.local.setFaults({ lagMs: 300 })

  // Each writer has records of its own: the last round that was acknowledged, and those of which nothing is known since.
  const seen = { refused: 0, stale: 0, acknowledged: 0 }
  const odd: string[] = []
  let isOver = false
  const writers = ['a', 'b', 'c', 'd'].map(async (id, nth) => {
    const at = replicas[nth % 2] ?? first
    const may = new Set<number | undefined>([undefined])
    for (let round = 1; !isOver; round += 1) {
      const { status, json, text } = await upsert(at, app, id, round)
      if (status === 200) {
        may.clear()
        may.add(round)
        seen.acknowledged += 1
      } else if (status === 504 && json.code === 'outcome_unknown') may.add(round)
      else if (status === 503 && json.code === 'registry_unavailable') seen.refused += 1
      else odd.push(`write ${status} ${text}`)
      await sleep(20)
    }
    return { id, may }
  })
  const readers = replicas.map(async (at) => {
    while (!isOver) {
      const { status, headers, text } = await fetched(at, moving, ['m'])
      if (status !== 200 || !text.includes('"m"')) odd.push(`read ${status} ${text}`)
      if (headers.get('x-registry') === 'stale') seen.stale += 1
      await sleep(20)
    }
  })
  // A move that is under way: its copy gets its answer after Postgres has stopped.
  const rule = { fault: 'latency', ms: 5_000, on: 'upsert', namespacePrefix: 'tenant_moving_g2', times: 1 } as const
  world.stores.local.setFaults({ rules: [rule] })
  const body = { kind: 'promote' }
  const started = await first.admin({ path: '/tenants/moving/moves', authorization: world.platform, body })
  expect(started.status, started.text).toBe(202)
  await expect.poll(() => world.stores.local.faults().rules, patient).toMatchObject([{ times: 0 }])

  await server[Symbol.asyncDispose]()
  await sleep(stoppedMs)
  // However slow the machine is: its leases are over by then, and both have answered after that.
  await expect.poll(() => seen.refused > 0 && seen.stale > 0, patient).toBe(true)
  server = await startEmbeddedPostgres(home)

  const state = async () => {
    const { json } = await second.admin({ path: `/moves/${started.json.id}`, authorization: world.platform })
    return json?.state
  }
  await expect.poll(state, patient).toBe('soaking')
  const before = seen.acknowledged
  await expect.poll(() => seen.acknowledged > before + 20, patient).toBe(true)
  isOver = true
  await Promise.all(readers)
  expect(odd).toEqual([])
  for (const { id, may } of await Promise.all(writers)) {
    for (const at of replicas) {
      const round = async () => (await fetched(at, app, [id])).json.vectors?.[id]?.metadata.round
      await expect.poll(async () => may.has(await round()), patient).toBe(true)
    }
  }
})
