import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ChaosReplica, ChaosWorld } from './chaos-world.ts'

let world: ChaosWorld
beforeEach(async () => {
  world = await ChaosWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

const patient = { timeout: 60_000, interval: 100 }

test.each(['down', 'hung'] as const)(
  'a replica whose way to Postgres is %s serves nothing by an old route, and the other moves the tenant meanwhile',
  { timeout: 600_000 },
  async (fault) => {
    const env = { REGISTRY_OUTAGE_READS: 'stop', FENCE_BUDGET_MS: '20000' }
    const [cut, other] = [await world.replica(env), await world.replica(env)]
    const app = await world.onboard(cut, 'acme')
    const upsert = (at: ChaosReplica, id: string) => {
      const vectors = [{ id, values: [1, 2, 3, 4] }]
      return at.public({ path: '/vectors/upsert', authorization: app, body: { vectors } })
    }
    const ids = async (at: ChaosReplica) => {
      const body = { ids: ['before', 'after', 'refused', 'healed'] }
      const { status, json } = await at.public({ path: '/vectors/fetch', authorization: app, body })
      return status === 200 ? Object.keys(json.vectors).sort() : json.code
    }
    expect((await upsert(cut, 'before')).status).toBe(200)
    world.stores.local.setFaults({ lagMs: 300 })
    await expect.poll(() => ids(cut), patient).toEqual(['before'])

    await cut.postgres.be({ kind: fault })
    const admin = (path: string, body?: unknown) => other.admin({ path, authorization: world.platform, body })
    const started = await admin('/tenants/acme/moves', { kind: 'promote' })
    expect(started.status, started.text).toBe(202)
    const state = async () => (await admin(`/moves/${started.json.id}`)).json.state
    await expect.poll(state, { timeout: 120_000, interval: 100 }).toBe('soaking')
    expect((await upsert(other, 'after')).status).toBe(200)
    await expect.poll(() => ids(other), patient).toEqual(['after', 'before'])

    // The switch was only made because this one had stopped: it serves neither place.
    for (let round = 0; round < 5; round += 1) {
      expect(await ids(cut)).toBe('registry_unavailable')
      const write = await upsert(cut, 'refused')
      expect([write.status, write.json.code]).toEqual([503, 'registry_unavailable'])
    }
    expect((await cut.admin({ path: '/readyz', authorization: world.platform })).status).toBe(503)

    await cut.postgres.be({ kind: 'none' })
    await expect.poll(() => ids(cut), patient).toEqual(['after', 'before'])
    expect((await upsert(cut, 'healed')).status).toBe(200)
    for (const at of [cut, other]) await expect.poll(() => ids(at), patient).toEqual(['after', 'before', 'healed'])
  },
)
