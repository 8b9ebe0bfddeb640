import { expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { ServiceWorld } from '../support/service-world.ts'

test('usage is listed by tenant and day, for the roles that may see it', async () => {
  await using world = await ServiceWorld.open()
  const platform = await world.issuer.staff('platform')
  const service = await world.replica()
  for (const id of ['acme', 'globex']) await world.onboard(service, id)
  const ask = async (id: string, query: string) =>
    service.public({ path: '/retrieve', authorization: await world.issuer.tenant(id), body: { query } })
  const tokens = (await ask('acme', 'how long does a refund take')).json.usage.embeddingTokens
  await ask('globex', 'who pays')
  await ask('globex', 'who pays') // from the cache: a request, and no token
  await service.services[Symbol.asyncDispose]() // tells the rest

  const other = await world.replica()
  const list = async (search: string) => (await other.admin({ path: `/usage${search}`, authorization: platform })).json
  const first = await list('?limit=1')
  expect(first.items).toMatchObject([
    { tenantId: 'acme', day: expect.any(String), requests: 1, embeddingTokens: tokens, answerTokens: 0 },
  ])
  expect(tokens).toBeGreaterThan(0)
  const rest = await list(`?limit=1&cursor=${first.nextCursor}`)
  expect(rest).toMatchObject({ items: [{ tenantId: 'globex', requests: 2, cacheHits: 1 }], nextCursor: null })
  const { day } = first.items[0]
  expect((await list(`?tenantId=globex&from=${day}&to=${day}`)).items).toHaveLength(1)
  expect((await list('?to=2020-01-01')).items).toEqual([])
  const sales = await world.issuer.staff('sales')
  expectStatus(await other.admin({ path: '/usage', authorization: sales }), 200)
  expectStatus(await other.admin({ path: '/usage?cursor=bm9uc2Vuc2U', authorization: platform }), 400)
})
