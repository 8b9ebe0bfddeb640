import { afterAll, beforeAll, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { type FaultProxy, faultProxy, oddAnswer } from '../support/fault-proxy.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'
import { faults } from './behaviour.ts'
import { type Asks, byProxy, meet } from './sick.ts'

let world: ServiceWorld
let proxy: FaultProxy
let replica: ServiceReplica
let known: string

beforeAll(async () => {
  world = await ServiceWorld.open()
  proxy = world.stack.use(await faultProxy(world.issuer.jwksUrl))
  replica = await world.replica({ JWT_JWKS_URL: proxy.url })
  known = await world.onboard(replica, 'acme')
  expectStatus(await list(known), 200)
})
afterAll(() => world[Symbol.asyncDispose]())

const list = (authorization: string) => replica.public({ path: '/documents', authorization })

const asks: Asks<'jwks'> = {
  known: () => list(known),
  fresh: async (round) => list(await world.issuer.tenant('acme', { jti: round })),
  rotated: async () => {
    const key = await world.issuer.addKey('ES256')
    return list(`Bearer ${await world.issuer.token({ tenant_id: 'acme', scope: 'rag:read' }, { key })}`)
  },
}

test.each(faults)('while the issuer’s keys are %s, callers see what the table says', async (fault) => {
  await meet('jwks', fault, asks, ...byProxy(proxy, fault, oddAnswer))
})
