import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectStatus } from '../../support/expect-status.ts'
import { type ServiceReplica, ServiceWorld } from '../../support/service-world.ts'

/** Requests that mean harm: each is refused in plain words, and takes no more of the service than any other. */
let world: ServiceWorld
let replica: ServiceReplica
let acme: string
let platform: string

beforeAll(async () => {
  world = await ServiceWorld.open()
  replica = await world.replica()
  platform = await world.issuer.staff('platform')
  acme = await world.onboard(replica, 'acme')
  await world.onboard(replica, 'paused')
})
afterAll(() => world[Symbol.asyncDispose]())

const boundary = 'boundary-of-a-hostile-form'

/** A form as it is on the wire, for parts that no honest client would send. */
function form(parts: readonly string[], authorization = acme) {
  const body = `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }
  return replica.public({ path: '/documents', authorization, body, headers })
}

const field = (name: string, value: string) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`
const file = (name: string, value: string) =>
  `Content-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: text/plain\r\n\r\n${value}`

describe('a form', () => {
  test('of many thousand fields is refused at the first that is too much', async () => {
    const parts = Array.from({ length: 100_000 }, (_, no) => field(`f${no}`, ''))
    const { status, json } = await form(parts)
    expect([status, json.code]).toEqual([413, 'payload_too_large'])
    expect(json.detail).toContain('more than 20 fields')
  })

  test.each([
    ['a text', [file('a.txt', 'A text.'), field('source', 'a\0b')]],
    ['a field of JSON', [file('a.txt', 'A text.'), field('metadata', '{"a":"\\u0000"}')]],
    ['half of a pair in a field of JSON', [file('a.txt', 'A text.'), field('metadata', '{"a":"\\ud800"}')]],
    ['the name of a file', [file('a\0.txt', 'A text.')]],
  ])('with what Postgres cannot keep in %s is the fault of its sender', async (_, parts) => {
    const { status, json } = await form(parts)
    expect([status, json.code]).toEqual([400, 'invalid_request'])
  })
})

test('a cursor that holds what Postgres cannot keep is no cursor', async () => {
  const cursor = Buffer.from('c1:documents:\0').toString('base64url')
  const { status, json } = await replica.public({ path: `/documents?cursor=${cursor}`, authorization: acme })
  expect([status, json.code]).toEqual([400, 'invalid_request'])
})

test.each([
  ['with NUL at its end', `${'{"a":'.repeat(200_000)}"\\u0000"${'}'.repeat(200_000)}`, {}],
  ['with an Idempotency-Key', `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`, { 'idempotency-key': 'deep' }],
])('a filter of 200,000 levels %s is the fault of its sender', async (_, filter, headers) => {
  const body = `{"filter":${filter}}`
  const { status, json } = await replica.public({ path: '/vectors/delete', authorization: acme, body, headers })
  expect([status, json.code]).toEqual([400, 'invalid_request'])
})

test('an answer that is kept for an Idempotency-Key is not given to a caller of other groups', async () => {
  const ask = async (groups: readonly string[]) => {
    const authorization = await world.issuer.tenant('acme', { groups })
    const body = { text: 'What the board sees.', metadata: { visibility: ['board'] } }
    const headers = { 'idempotency-key': 'of-the-board' }
    return replica.public({ method: 'PUT', path: '/documents/of-the-board', authorization, body, headers })
  }
  expectStatus(await ask(['board']), 201)
  const again = await ask(['board'])
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
  const other = await ask([])
  expect([other.status, other.json.code]).toEqual([422, 'idempotency_key_reused'])
})

test('a batch of which something was refused is served anew with the same Idempotency-Key', async () => {
  const ask = async (key: string, ...texts: readonly string[]) => {
    const body = { documents: texts.map((text, at) => ({ documentId: `${key}-${at}`, text })) }
    const headers = { 'idempotency-key': key }
    const answer = await replica.public({ path: '/documents/batch', authorization: acme, body, headers })
    return [answer.json.refused, answer.headers.get('idempotency-replayed')]
  }
  for (let time = 0; time < 2; time += 1) expect(await ask('part', 'A text.', ' ')).toEqual([1, null])
  expect(await ask('whole', 'A text.')).toEqual([0, null])
  expect(await ask('whole', 'A text.')).toEqual([0, 'true'])
})

describe('a suspended tenant', () => {
  let paused: string
  beforeAll(async () => {
    paused = await world.issuer.tenant('paused')
    const stored = await replica.public({
      method: 'PUT',
      path: '/documents/a',
      authorization: paused,
      body: { text: 'A text.' },
      headers: { 'idempotency-key': 'before' },
    })
    expectStatus(stored, 201)
    const path = '/tenants/paused/suspend'
    expectStatus(await replica.admin({ method: 'POST', path, authorization: platform }), 200)
    await replica.services.routes.catchUp()
  })

  test('gets no kept answer for an Idempotency-Key', async () => {
    const again = await replica.public({
      method: 'PUT',
      path: '/documents/a',
      authorization: paused,
      body: { text: 'A text.' },
      headers: { 'idempotency-key': 'before' },
    })
    expect([again.status, again.json.code]).toEqual([403, 'tenant_suspended'])
  })

  test('is refused before its body is read', async () => {
    const { status, json } = await replica.public({
      path: '/retrieve',
      authorization: paused,
      body: 'no JSON at all',
    })
    expect([status, json.code]).toEqual([403, 'tenant_suspended'])
  })

  test('can list no tools', async () => {
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    const { json } = await replica.public({ path: '/mcp', authorization: paused, body })
    expect(json.code).toBe('tenant_suspended')
  })
})

test('an MCP client that wants to listen for changes gets an end and no open stream', async () => {
  const body = { jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params: { notifications: {} } }
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  const modern = { ...body, params: { ...body.params, _meta: meta } }
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' }
  for (const ask of [{ body }, { body: modern, headers }]) {
    const { json } = await replica.public({ path: '/mcp', authorization: acme, ...ask })
    expect([json.id, typeof json.error.code]).toEqual([1, 'number'])
  }
})
