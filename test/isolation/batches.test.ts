import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { everyStage, expectNoForeignWord, names, strip, ThreeTenants, tenants } from './three-tenants.ts'

let world: ThreeTenants
beforeAll(async () => {
  world = await ThreeTenants.open()
})
afterAll(() => world[Symbol.asyncDispose]())

test('in the questions of a batch a name of a tenant or place is dropped and counted, and unknown fields are refused', async () => {
  const count = () => world.spoofsCounted(0)
  const ask = (question: object) =>
    world.replica(0).public({
      path: '/retrieve/batch',
      authorization: world.apps.acme,
      headers: { 'cache-control': 'no-cache' },
      body: { queries: [{ query: 'secret word' }, { query: 'secret word', ...question }] },
    })
  const [before, plain] = [await count(), await ask({})]
  const spoofed = await ask({ tenant_id: 'globex', index: 'tenant_globex_g1' })
  expect(strip(spoofed)).toEqual(strip(plain))
  expect(await count()).toBe(before + 2)
  const named = await ask({ namespace: 'tenant_globex_g1' })
  expect([named.status, named.json.code]).toEqual([400, 'invalid_request'])
  const typo = await ask({ quary: 'x' })
  expect([typo.status, typo.json.faults[0].path]).toEqual([400, 'queries[1].quary'])
})

test('what one tenant asked in a batch, on either replica, is no answer for another', async () => {
  const body = {
    queries: [
      { query: 'secret word', topK: 100 },
      { query: 'refunds', ...everyStage },
    ],
  }
  for (const round of [0, 1]) {
    for (const name of names) {
      const answer = await world
        .replica(round)
        .public({ path: '/retrieve/batch', authorization: world.apps[name], body })
      expect([answer.status, answer.json.results.length]).toEqual([200, 2])
      for (const { answer: one } of answer.json.results) expect(JSON.stringify(one)).toContain(tenants[name])
      expectNoForeignWord(answer, name)
    }
  }
})

describe('an explanation', () => {
  const body = { query: 'secret word', explain: true, filter: { owner: { $ne: 'globex' } } }
  const ask = (authorization: string, asked: object = body, path = '/retrieve') =>
    world.replica(0).public({ path, authorization, body: asked })

  test('needs its scope, and reading too', async () => {
    for (const scope of ['rag:read', 'rag:read rag:write', 'rag:read rag:explained']) {
      const refused = await ask(await world.service.issuer.tenant('acme', { scope }))
      expect([scope, refused.status, refused.json.code]).toEqual([scope, 403, 'forbidden'])
    }
    const alone = await ask(await world.service.issuer.tenant('acme', { scope: 'rag:explain' }))
    expectStatus(alone, 403)
    const answer = await ask(await world.service.issuer.tenant('acme', { scope: 'rag:read rag:explain' }))
    expect([answer.status, answer.headers.get('x-cache')]).toEqual([200, 'bypass'])
  })

  test('of one question of a batch is refused alone', async () => {
    const { status, json } = await ask(
      world.apps.acme,
      { queries: [{ query: 'secret word' }, body] },
      '/retrieve/batch',
    )
    expect(status).toBe(200)
    expect(json.results[0].answer.matches.length).toBeGreaterThan(0)
    expect(json.results[1].problem).toMatchObject({ status: 403, code: 'forbidden', requestId: json.requestId })
  })

  test('names no index, no namespace and no other tenant', async () => {
    const explainer = await world.service.issuer.tenant('acme', { scope: 'rag:read rag:explain', groups: ['board'] })
    const places = await world.service.home.sql`select namespace, index_name from places`
    expect(places.length).toBeGreaterThan(2)
    for (const stages of [{}, everyStage]) {
      const { json } = await ask(explainer, { ...body, filter: undefined, ...stages })
      const words = JSON.stringify(json.explain)
      expect(json.explain.place).toEqual({
        tier: 'standard',
        generation: 1,
        kind: 'pool',
        why: expect.stringContaining('shares an index'),
      })
      for (const { namespace, index_name: name } of places) {
        expect(words).not.toContain(namespace)
        expect(words).not.toContain(name)
      }
      expect(words).not.toMatch(/namespace|globex|initech|https?:/i)
    }
  })
})
