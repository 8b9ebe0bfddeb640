import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

let world: ServiceWorld
let replicas: readonly ServiceReplica[]
let app: string
let staff: string
beforeEach(async () => {
  world = await ServiceWorld.open()
  // Far longer than any replica takes: how long it takes is the machine's business.
  const patient = { everywhereWaitMs: 60_000 }
  replicas = [await world.replica({}, patient), await world.replica({}, patient)]
  staff = await world.issuer.staff('platform')
  app = await world.onboard(replicaAt(0), 'acme')
})
afterEach(() => world[Symbol.asyncDispose]())

function replicaAt(position: number): ServiceReplica {
  const replica = replicas[position]
  if (replica === undefined) throw new Error('there is no such replica')
  return replica
}

const turn = (verb: 'suspend' | 'resume', at: number) =>
  replicaAt(at).admin({ method: 'POST', path: `/tenants/acme/${verb}`, authorization: staff })
/** Status by which each replica answers the tenant's app now. */
const answers = () =>
  Promise.all(
    replicas.map(async (replica) => {
      const body = { vector: bagOfWords('apple'), topK: 1 }
      return (await replica.public({ path: '/retrieve', authorization: app, body })).status
    }),
  )

test('a suspension is answered when every replica refuses the tenant, and a resumption when each serves it', async () => {
  for (let round = 0; round < 5; round += 1) {
    const suspended = expectStatus(await turn('suspend', 0), 200)
    expect(suspended.json).toMatchObject({ status: 'suspended', everywhereMs: expect.any(Number) })
    expect(await answers()).toEqual([403, 403])
    const resumed = expectStatus(await turn('resume', 1), 200)
    expect(resumed.json).toMatchObject({ status: 'active', everywhereMs: expect.any(Number) })
    expect(await answers()).toEqual([200, 200])
  }
})

test('the answer waits for the one replica that has not applied it', async () => {
  const { sql } = world.home
  const slow = randomUUID()
  await sql`insert into sessions (id, expires_at, seen, applied)
    select ${slow}, now() + interval '1 hour', tick, tick from routing_clock`
  let isAnswered = false
  const suspended = turn('suspend', 0).then((answer) => {
    isAnswered = true
    return answer
  })
  await expect.poll(answers, { timeout: 60_000 }).toEqual([403, 403])
  // The others have applied it, and the caller still waits, however much is done meanwhile.
  for (let asked = 0; asked < 50; asked += 1) {
    expectStatus(await replicaAt(0).admin({ path: '/tenants/acme', authorization: staff }), 200)
  }
  expect(isAnswered).toBe(false)
  await sql`update sessions set seen = tick, applied = tick from routing_clock where id = ${slow}`
  expect(expectStatus(await suspended, 200).json).toMatchObject({
    status: 'suspended',
    everywhereMs: expect.any(Number),
  })
})
