import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ChaosAnswer, type ChaosReplica, ChaosWorld } from './chaos-world.ts'

let world: ChaosWorld
let app: string
let paused: ChaosReplica
let other: ChaosReplica
// Else a switch would wait for what a replica that is only cut off may serve: docs/resilience.md.
const env = { REGISTRY_OUTAGE_READS: 'stop', FENCE_BUDGET_MS: '20000' }
const lagMs = 300

beforeEach(async () => {
  world = await ChaosWorld.open()
  paused = await world.replica(env)
  app = await world.onboard(paused, 'acme')
})
afterEach(() => world[Symbol.asyncDispose]())

const patient = { timeout: 60_000, interval: 100 }

const upsert = (at: ChaosReplica, id: string, text: string): Promise<ChaosAnswer> => {
  const vectors = [{ id, values: [1, 2, 3, 4], metadata: { text } }]
  return at.public({ path: '/vectors/upsert', authorization: app, body: { vectors } })
}
const fetched = (at: ChaosReplica, ids: readonly string[]) =>
  at.public({ path: '/vectors/fetch', authorization: app, body: { ids } })
const admin = (at: ChaosReplica, path: string, body?: unknown) =>
  at.admin({ path, authorization: world.platform, body })

/** The text of each record that is there. */
function textsOf({ json }: ChaosAnswer): Record<string, string> {
  const vectors = Object.entries(json.vectors as Record<string, { metadata: { text: string } }>)
  return Object.fromEntries(vectors.map(([id, { metadata }]) => [id, metadata.text]))
}

async function promote(at: ChaosReplica): Promise<string> {
  const { status, json, text } = await admin(at, '/tenants/acme/moves', { kind: 'promote' })
  expect(status, text).toBe(202)
  return json.id
}
const stateOf = async (at: ChaosReplica, id: string) => (await admin(at, `/moves/${id}`)).json.state

/** Waits for a state, and ends at once where the move can't reach it any more. */
async function until(at: ChaosReplica, id: string, state: string): Promise<void> {
  await expect
    .poll(
      async () => {
        const { json } = await admin(at, `/moves/${id}`)
        return ['failed', 'cancelled', 'paused'].includes(json.state) ? JSON.stringify(json) : json.state
      },
      { timeout: 120_000, interval: 100 },
    )
    .toBe(state)
}

test('a replica that was paused beyond its lease neither serves nor writes by what it knew', {
  timeout: 600_000,
}, async () => {
  other = await world.replica(env)
  for (const id of ['gone', 'kept']) expect((await upsert(paused, id, 'before')).status).toBe(200)
  world.stores.local.setFaults({ lagMs })
  // It knows where the tenant is, and could serve from memory.
  await expect
    .poll(async () => textsOf(await fetched(paused, ['gone', 'kept'])), patient)
    .toEqual({
      gone: 'before',
      kept: 'before',
    })
  paused.process.freeze()
  let answered = 0
  const counted = (answer: Promise<ChaosAnswer>) =>
    answer.then((given) => {
      answered += 1
      return given
    })
  // They lie in its sockets until it works again.
  const reads = [fetched(paused, ['gone', 'kept']), fetched(paused, ['gone', 'kept'])].map(counted)
  const writes = ['late-1', 'late-2'].map((id) => counted(upsert(paused, id, 'late')))

  const move = await promote(other)
  await until(other, move, 'soaking')
  expect((await upsert(other, 'kept', 'after')).status).toBe(200)
  const removed = await other.public({ path: '/vectors/delete', authorization: app, body: { ids: ['gone'] } })
  expect(removed.status, removed.text).toBe(200)
  await expect.poll(async () => textsOf(await fetched(other, ['gone', 'kept'])), patient).toEqual({ kept: 'after' })
  expect(answered).toBe(0)

  paused.process.thaw()
  for (const read of await Promise.all(reads)) {
    if (read.status === 200) expect(textsOf(read)).toEqual({ kept: 'after' })
    else expect(read.json.code, read.text).toMatch(/_unavailable$|^tenant_not_ready$/)
  }
  const outcomes = await Promise.all(writes)
  for (const write of outcomes) {
    if (write.status !== 200)
      expect(write.json.code, write.text).toMatch(/_unavailable$|^tenant_not_ready$|^outcome_unknown$/)
  }
  // What it acknowledged is where the tenant is now, for both.
  const all = ['gone', 'kept', 'late-1', 'late-2']
  const isRight = (texts: Record<string, string>) =>
    texts.gone === undefined &&
    texts.kept === 'after' &&
    outcomes.every(({ status }, at) => (status === 200 ? texts[`late-${at + 1}`] === 'late' : true)) &&
    outcomes.every(({ status }, at) => (status === 503 ? texts[`late-${at + 1}`] === undefined : true))
  for (const at of [other, paused]) {
    await expect
      .poll(async () => {
        const answer = await fetched(at, all)
        return answer.status === 200 && isRight(textsOf(answer))
      }, patient)
      .toBe(true)
  }
  expect((await upsert(paused, 'next', 'next')).status).toBe(200)
  await expect.poll(async () => textsOf(await fetched(other, ['next'])), patient).toEqual({ next: 'next' })
})

test('a mover that was paused beyond its claim leaves the move to the replica that took it over', {
  timeout: 600_000,
}, async () => {
  const ids = Array.from({ length: 20 }, (_, n) => `r-${n}`)
  for (const id of ids) expect((await upsert(paused, id, 'before')).status).toBe(200)
  // The copy waits for an answer of the new place.
  const rule = { fault: 'latency', ms: 86_400_000, on: 'upsert', namespacePrefix: 'tenant_acme_g2', times: 1 } as const
  world.stores.local.setFaults({ lagMs, rules: [rule] })
  const move = await promote(paused)
  await expect.poll(() => world.stores.local.faults().rules, patient).toMatchObject([{ times: 0 }])
  other = await world.replica(env)
  paused.process.freeze()
  await until(other, move, 'soaking')
  expect((await upsert(other, 'r-0', 'after')).status).toBe(200)
  expect((await admin(other, `/moves/${move}/complete`, {})).status).toBe(202)
  await until(other, move, 'completed')

  paused.process.thaw()
  // It is at work again, and takes nothing up of the move that it had.
  await expect.poll(async () => (await admin(paused, '/readyz')).status, patient).toBe(200)
  const texts = Object.fromEntries(ids.map((id) => [id, id === 'r-0' ? 'after' : 'before']))
  for (const at of [other, paused]) {
    await expect.poll(async () => textsOf(await fetched(at, ids)), patient).toEqual(texts)
    expect(await stateOf(at, move)).toBe('completed')
  }
  // The old place is gone for good: nothing that the paused mover had under way made it anew.
  const [pool] = await world.home.sql<{ host: string }[]>`select host from indexes where kind = 'pool'`
  const listed = async () => {
    const response = await fetch(`${pool?.host}/namespaces`, { headers: { 'api-key': 'local' } })
    return ((await response.json()) as { namespaces: { name: string }[] }).namespaces.map(({ name }) => name)
  }
  await expect.poll(listed, patient).toEqual([])
  // And it can be the mover of the next one.
  expect((await admin(paused, '/tenants/acme/moves', { kind: 'demote' })).status).toBe(202)
})
