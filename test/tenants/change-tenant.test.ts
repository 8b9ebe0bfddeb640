import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

let world: ServiceWorld
let replicas: readonly [ServiceReplica, ServiceReplica]
let as: Readonly<Record<'platform' | 'sales', string>>
beforeAll(async () => {
  world = await ServiceWorld.open()
  replicas = [await world.replica(), await world.replica()]
  as = { platform: await world.issuer.staff('platform'), sales: await world.issuer.staff('sales') }
})
afterAll(() => world[Symbol.asyncDispose]())

function change(at: 0 | 1, id: string, body: object, who: keyof typeof as = 'platform') {
  return replicas[at].admin({ method: 'PATCH', path: `/tenants/${id}`, authorization: as[who], body })
}

test('of many who change what they read at the same time, one does, and each other one is told what is now', async () => {
  await world.onboard(replicas[0], 'acme', { attributes: { owner: 'Ines', crmId: '001' } })
  const was = { attributes: { owner: 'Ines', crmId: '001' } }
  const names = ['Jonas', 'Mira', 'Sam', 'Pat', 'Ada', 'Robin']
  const answers = await Promise.all(
    names.map((owner, i) => change(i % 2 === 0 ? 0 : 1, 'acme', { attributes: { owner, crmId: '001' }, was }, 'sales')),
  )
  const done = answers.filter(({ status }) => status === 200)
  expect(done).toHaveLength(1)
  const owner = done[0]?.json.attributes.owner
  for (const { status, json } of answers.filter((one) => one !== done[0])) {
    expect([status, json.code, json.detail]).toEqual([
      409,
      'conflict',
      `Somebody has changed the tenant meanwhile: owner is "${owner}" by now.`,
    ])
  }
  const { json } = await replicas[0].admin({
    path: '/audit?tenantId=acme&action=tenant.change',
    authorization: as.platform,
  })
  expect(json.items).toHaveLength(1)
})

test('each field that was seen is compared, those that are gone or new as well, and no other one', async () => {
  await world.onboard(replicas[0], 'bolt', { limits: { requestsPerMinute: 60 }, attributes: { plan: 'gold' } })
  const detail = async (was: object) => {
    const { status, json } = await change(1, 'bolt', { name: 'Bolt', was })
    return [status, status === 200 ? json.name : json.detail]
  }
  const told = (words: string) => [409, `Somebody has changed the tenant meanwhile: ${words}.`]
  expect(await detail({ tier: 'enterprise' })).toEqual(told('tier is "standard" by now'))
  expect(await detail({ attributes: {} })).toEqual(told('plan is "gold" by now'))
  expect(await detail({ attributes: { plan: 'gold', owner: 'Mira' } })).toEqual(told('owner is not set by now'))
  expect(await detail({ limits: { requestsPerMinute: 90 } })).toEqual(told('requestsPerMinute is 60 by now'))
  const until = '2020-01-01T00:00:00Z'
  expect(await detail({ limitsUntil: until, name: 'x' })).toEqual(
    told('name is "bolt" by now, limitsUntil is not set by now'),
  )
  expect(
    await detail({ name: 'bolt', tier: 'standard', limits: { requestsPerMinute: 60 }, limitsUntil: null }),
  ).toEqual([200, 'Bolt'])
})
