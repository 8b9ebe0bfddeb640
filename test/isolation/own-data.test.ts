import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { headersOf } from '../support/service-world.ts'
import { expectNoForeignWord, names, readings, ThreeTenants, tenants } from './three-tenants.ts'

let world: ThreeTenants
beforeAll(async () => {
  world = await ThreeTenants.open()
})
afterAll(() => world[Symbol.asyncDispose]())

test('each tenant finds its own secret and never another one, on both replicas, cold and cached', async () => {
  for (const round of [0, 1]) {
    for (const name of names) {
      for (const ask of readings) {
        for (const i of [0, 1]) {
          const answer = await world.replica(i).public({ ...ask, authorization: world.apps[name] })
          expect([round, name, ask.path, answer.status]).toEqual([round, name, ask.path, 200])
          expectNoForeignWord(answer, name)
          if (ask.path !== '/documents' && ask.path !== '/documents/refunds')
            expect(answer.text).toContain(tenants[name])
        }
      }
    }
  }
})

test("another tenant's document and one that never was are answered byte-alike", async () => {
  const put = { method: 'PUT', path: '/documents/only-globex', body: { text: 'Otter again' } }
  expectStatus(await world.replica(0).public({ ...put, authorization: world.apps.globex }), 201)
  for (const method of ['GET', 'DELETE']) {
    const ask = (id: string) =>
      world.replica(1).public({
        method,
        path: `/documents/${id}`,
        authorization: world.apps.acme,
        headers: { 'x-request-id': 'same' },
      })
    const [theirs, nobodys] = [await ask('only-globex'), await ask('never-there')]
    expectStatus(theirs, 404)
    expect(theirs.text).toBe(nobodys.text)
    expect(headersOf(theirs)).toEqual(headersOf(nobodys))
  }
  const records = await world.replica(0).public({
    path: '/vectors/fetch',
    authorization: world.apps.acme,
    body: { ids: ['only-globex#0'] },
  })
  expect(records.json.vectors).toEqual({})
})

test('groups of one tenant say nothing to another: the same group name opens only its own documents', async () => {
  for (const name of ['acme', 'globex'] as const) {
    const body = { text: `Board minutes of ${tenants[name]}`, metadata: { visibility: ['board'] } }
    const put = await world
      .replica(0)
      .public({ method: 'PUT', path: '/documents/minutes', authorization: world.apps[name], body })
    expectStatus(put, 201)
  }
  const ask = { path: '/retrieve', body: { query: 'Board minutes', topK: 100 } }
  const member = await world.service.issuer.tenant('acme', { groups: ['board'] })
  for (const i of [0, 1]) {
    const seen = await world.replica(i).public({ ...ask, authorization: member })
    expect(seen.text).toContain('Board minutes of Heron')
    expectNoForeignWord(seen, 'acme')
    const unseen = await world.replica(i).public({ ...ask, authorization: world.apps.acme })
    expect(unseen.text).not.toContain('Board minutes')
  }
})
