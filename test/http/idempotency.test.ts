import type { Hono } from 'hono'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { AppError } from '../../src/errors.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { forgetOldKeys, forgetTenantKeys } from '../../src/registry/idempotency/idempotency-keys.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { expectStatus } from '../support/expect-status.ts'
import { adminApp, plainRoute, publicApp } from './kit-app.ts'

let home: TestDatabase
let replicas: readonly [Hono, Hono]
let staff: Hono
let served: string[] = []
/** The outcome of the next requests; without it they succeed. */
let fate: (() => Promise<void>) | undefined

const writing = { kind: 'tenant', scope: 'rag:write' } as const

beforeAll(async () => {
  home = await testDatabase()
  const work = async (what: string) => {
    served.push(what)
    await fate?.()
    return { status: 201, json: { no: served.length }, headers: { location: `/things/${served.length}` } }
  }
  const routes = [
    plainRoute('post', '/things', ({ body }) => work(JSON.stringify(body)), {
      access: writing,
      body: z.looseObject({}),
    }),
    plainRoute('put', '/things/{id}', () => work('put'), { access: writing, body: z.looseObject({}) }),
    plainRoute('delete', '/things/{id}', async () => ({ ...(await work('delete')), status: 204, json: undefined }), {
      access: writing,
    }),
    plainRoute('post', '/files', () => work('file'), {
      access: writing,
      form: { filesMax: 1, manyFiles: 'send one' },
    }),
    plainRoute('post', '/search', () => work('search'), { body: z.looseObject({}) }),
  ]
  const app = () => publicApp(routes, { keys: home.db }).app
  replicas = [app(), app()]
  const change = plainRoute('post', '/tenants', () => work('staff'), {
    access: { kind: 'staff', roles: ['platform'] },
    body: z.looseObject({}),
  })
  staff = adminApp([change], { keys: home.db }).app
})
afterAll(() => home[Symbol.asyncDispose]())

interface Ask {
  readonly by?: string
  readonly key?: string
  readonly method?: string
  readonly path?: string
  readonly body?: unknown
}

async function ask({ by = 'acme', key, method = 'POST', path = '/things', body = { a: 1 } }: Ask, replica = 0) {
  const app = replica === 0 ? replicas[0] : replicas[1]
  const response = await app.request(path, {
    method,
    headers: {
      authorization: `Bearer tenant:${by}`,
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    ...(method !== 'DELETE' && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const { headers } = response
  return { status: response.status, text, code: codeOf(text), replayed: headers.get('idempotency-replayed'), headers }
}

function codeOf(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text).code
}

test('the same request with the same key is done once, on whatever replica, and answered alike', async () => {
  served = []
  const first = await ask({ key: '"k-1"' })
  expect([first.status, first.text, first.replayed]).toEqual([201, '{"no":1}', null])
  for (const replica of [0, 1]) {
    const again = await ask({ key: '"k-1"' }, replica)
    expect([again.status, again.text, again.replayed]).toEqual([201, '{"no":1}', 'true'])
    expect(again.headers.get('location')).toBe('/things/1')
    expect(again.headers.get('content-type')).toBe('application/json')
  }
  // Bare, and with the fields in another order.
  expect((await ask({ key: 'k-1', body: { a: 1 } }, 1)).replayed).toBe('true')
  await ask({ key: '"k-order"', body: { a: 1, b: 2 } })
  expect((await ask({ key: '"k-order"', body: { b: 2, a: 1 } }, 1)).replayed).toBe('true')
  expect(served).toHaveLength(2)
  const gone = await ask({ key: 'k-1', method: 'DELETE', path: '/things/7' })
  const goneAgain = await ask({ key: 'k-1', method: 'DELETE', path: '/things/7' })
  expect([gone.status, goneAgain.status, goneAgain.text, goneAgain.replayed]).toEqual([204, 204, '', 'true'])
})

test('the same key of two tenants, and on two routes, are two', async () => {
  served = []
  for (const by of ['acme', 'globex']) expect((await ask({ by, key: '"shared"' })).replayed).toBeNull()
  expect((await ask({ key: '"shared"', method: 'PUT', path: '/things/1' })).replayed).toBeNull()
  expect(served).toHaveLength(3)
})

test('a key with another body or path is refused', async () => {
  await ask({ key: '"k-2"' })
  served = []
  expect(await ask({ key: '"k-2"', body: { a: 2 } }, 1)).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
  await ask({ key: '"k-3"', method: 'PUT', path: '/things/1' })
  const other = await ask({ key: '"k-3"', method: 'PUT', path: '/things/2' })
  expectStatus(other, 422)
  expect(served).toEqual(['put'])
})

test('while the first is under way the second is refused with a Retry-After, on either replica', async () => {
  const held = Promise.withResolvers<void>()
  served = []
  fate = () => held.promise
  const first = ask({ key: '"k-4"' })
  await expect.poll(() => served.length, { timeout: 60_000 }).toBe(1)
  for (const replica of [0, 1]) {
    const second = await ask({ key: '"k-4"' }, replica)
    expect(second).toMatchObject({ status: 409, code: 'idempotency_key_in_use' })
    expect(second.headers.get('retry-after')).toBe('1')
  }
  fate = undefined
  held.resolve()
  expectStatus(await first, 201)
  expect((await ask({ key: '"k-4"' }, 1)).replayed).toBe('true')
  expect(served).toHaveLength(1)
})

test.each(['outcome_unknown', 'store_busy', 'invalid_request', 'internal'] as const)(
  'a request that ended with %s is not kept: the next one is served',
  async (code) => {
    served = []
    fate = async () => {
      throw new AppError(code, 'Not now.')
    }
    expect((await ask({ key: `"after-${code}"` })).code).toBe(code)
    fate = undefined
    const again = await ask({ key: `"after-${code}"` }, 1)
    expect([again.status, again.replayed, served.length]).toEqual([201, null, 2])
  },
)

test('a replica that died in the middle does not keep the key for ever', async () => {
  const held = Promise.withResolvers<void>()
  served = []
  fate = () => held.promise
  const dead = ask({ key: '"k-5"' })
  await expect.poll(() => served.length, { timeout: 60_000 }).toBe(1)
  await home.sql`update idempotency_keys set claimed_until = now() where key = 'k-5'`
  fate = undefined
  expect((await ask({ key: '"k-5"' }, 1)).text).toBe('{"no":2}')
  held.resolve()
  // Its late answer is its caller's, and takes nothing from the one that is kept.
  expectStatus(await dead, 201)
  expect((await ask({ key: '"k-5"' })).text).toBe('{"no":2}')
})

test('keys expire, are tidied away, and go with their tenant', async () => {
  served = []
  for (const by of ['acme', 'globex', 'initech']) await ask({ by, key: '"k-6"' })
  await home.sql`update idempotency_keys set expires_at = now() where key = 'k-6' and owner in ('acme', 'globex')`
  expect((await ask({ key: '"k-6"' })).replayed).toBeNull()
  await forgetOldKeys(home.db)
  const owners = () => home.sql`select owner from idempotency_keys where key = 'k-6' order by owner`
  expect((await owners()).map(({ owner }) => owner)).toEqual(['acme', 'initech'])
  await forgetTenantKeys(home.db, parseTenantId('initech'))
  expect((await owners()).map(({ owner }) => owner)).toEqual(['acme'])
})

test('a form that is sent again is the same, although its boundary is another', async () => {
  served = []
  const send = async (content: string) => {
    const form = new FormData()
    form.set('file', new File([content], 'a.txt', { type: 'text/plain' }))
    const headers = { authorization: 'Bearer tenant:acme', 'idempotency-key': '"form"' }
    return replicas[0].request('/files', { method: 'POST', headers, body: form })
  }
  expectStatus(await send('one'), 201)
  expect((await send('one')).headers.get('idempotency-replayed')).toBe('true')
  expectStatus(await send('two'), 422)
  expect(served).toEqual(['file'])
})

test.each(['""', '"a', 'a, b', '"a", "b"', '"a b"', 'x'.repeat(256)])('the header %j is 400', async (key) => {
  served = []
  const answer = await ask({ key })
  expect([answer.status, JSON.parse(answer.text).faults?.[0]?.path]).toEqual([400, 'Idempotency-Key'])
  expect(served).toEqual([])
})

test('a read does not look at the header', async () => {
  served = []
  for (let i = 0; i < 2; i += 1) expect((await ask({ key: '"k-7"', path: '/search' })).replayed).toBeNull()
  expect(served).toEqual(['search', 'search'])
})

test('staff have keys of their own', async () => {
  served = []
  const send = async () => {
    const headers = {
      authorization: 'Bearer staff:platform',
      'content-type': 'application/json',
      'idempotency-key': '"k-8"',
    }
    return staff.request('/tenants', { method: 'POST', headers, body: '{}' })
  }
  expect((await send()).headers.get('idempotency-replayed')).toBeNull()
  expect((await send()).headers.get('idempotency-replayed')).toBe('true')
  expect(served).toEqual(['staff'])
})
