import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Listener, listen } from '../../../src/http/listen.ts'
import { expectStatus } from '../../support/expect-status.ts'
import { type ServiceReplica, ServiceWorld } from '../../support/service-world.ts'

/** Callers that mean harm by how they ask rather than by what: each gets an answer or an end, and the next one is served. */
let world: ServiceWorld
let replica: ServiceReplica
let acme: string
let platform: string
let listeners: Readonly<Record<'public' | 'admin', Listener>>

beforeAll(async () => {
  world = await ServiceWorld.open()
  replica = await world.replica()
  platform = await world.issuer.staff('platform')
  acme = await world.onboard(replica, 'acme')
  const at = { host: '127.0.0.1', port: 0 }
  listeners = {
    public: world.stack.use(await listen(replica.services.publicApp, at)),
    admin: world.stack.use(await listen(replica.services.adminApp, at)),
  }
})
afterAll(() => world[Symbol.asyncDispose]())

/** Sends bytes as they are, and reads until the other side ends; whoever is reset may not see its answer. */
async function raw(side: 'public' | 'admin', bytes: string): Promise<string> {
  const socket = connect(listeners[side].port, '127.0.0.1')
  socket.on('error', () => undefined)
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  socket.write(bytes)
  await new Promise<void>((resolve) => socket.once('close', () => resolve()))
  return text
}

const served = async () => expectStatus(await replica.public({ path: '/documents', authorization: acme }), 200)

describe('a head', () => {
  test('of more than 256 KiB is refused', async () => {
    const head = `GET /documents HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Long: ${'a'.repeat(300 * 1024)}\r\n\r\n`
    expect(await raw('public', head)).toMatch(/^$|^HTTP\/1\.1 431 /)
    await served()
  })

  test('of 50,000 fields is refused', async () => {
    const fields = Array.from({ length: 50_000 }, (_, n) => `X-${n}: a\r\n`).join('')
    expect(await raw('public', `GET /documents HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`)).toMatch(
      /^$|^HTTP\/1\.1 431 /,
    )
    await served()
  })

  test('that never ends is ended (slow loris), and others are served meanwhile', async () => {
    const many = Array.from({ length: 50 }, () => raw('public', 'GET /documents HTTP/1.1\r\nHost: a\r\nX-Slow: '))
    await served()
    for (const text of await Promise.all(many)) expect(text).toMatch(/^$|^HTTP\/1\.1 408 /)
    await served()
  })

  test.each([
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6'],
    ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
    ['an odd encoding', 'Transfer-Encoding: xchunked'],
    ['a space before the colon', 'Content-Length : 5'],
  ])('with %s is no request (smuggling)', async (_, fields) => {
    const head = `POST /retrieve HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: ${acme}\r\nContent-Type: application/json\r\n`
    const smuggled = `0\r\n\r\nGET /documents HTTP/1.1\r\nHost: a\r\nAuthorization: ${acme}\r\nConnection: close\r\n\r\n`
    const text = await raw('public', `${head}${fields}\r\n\r\n${smuggled}`)
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect(text.match(/^HTTP\/1\.1 /gm)).toHaveLength(1)
  })
})

describe('a path', () => {
  const tricks = [
    '/../../../../etc/passwd',
    '/..%2f..%2f..%2fetc%2fpasswd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/%252e%252e%252fetc%252fpasswd',
    '/errors/..%2f..%2fpackage.json',
    '/errors/../../package.json',
    '/errors/invalid_request%00.md',
    '/docs/..%2f..%2fpackage.json',
    '/docs/..\\..\\package.json',
    '/docs//../../package.json',
    '/console/..%2f..%2fpackage.json',
    '/console/assets/..%2f..%2f..%2fpackage.json',
    '//etc/passwd',
    '/.env',
    '/src/main.ts',
    'http://169.254.169.254/latest/meta-data',
  ]
  test.each(tricks)('%s leads out of nothing, on either listener', async (path) => {
    for (const [side, authorization] of [
      ['public', acme],
      ['admin', platform],
    ] as const) {
      const text = await raw(
        side,
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: ${authorization}\r\n\r\n`,
      )
      expect(text, side).toMatch(/^HTTP\/1\.1 (4\d\d|3\d\d|503) /)
      expect(text).not.toMatch(/root:|devDependencies|import /)
    }
  })
})

describe('a body that would change every object', () => {
  const poison = '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}'
  test.each([
    ['POST', '/retrieve', `{"query":"a","filter":${poison}}`],
    ['POST', '/retrieve', `{"query":"a","__proto__":{"topK":100,"polluted":"yes"}}`],
    ['PUT', '/documents/p', `{"text":"A text.","metadata":${poison}}`],
    ['PUT', '/documents/p', `{"text":"A text.","chunking":${poison}}`],
    ['POST', '/vectors/upsert', `{"vectors":[{"id":"p","values":[${'1,'.repeat(63)}1],"metadata":${poison}}]}`],
    ['POST', '/vectors/update', `{"id":"p","setMetadata":${poison}}`],
    ['POST', '/vectors/delete', `{"filter":${poison}}`],
    ['POST', '/mcp', `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":${poison}}}`],
    ['POST', '/retrieval', `{"knowledge_id":"acme","query":"a","retrieval_setting":${poison}}`],
  ])('%s %s changes none', async (method, path, body) => {
    const { status } = await replica.public({ method, path, authorization: acme, body })
    expect(status).toBeLessThan(500)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  test('neither does one of staff', async () => {
    for (const body of [
      `{"id":"poison","name":"p","attributes":${poison}}`,
      `{"id":"poison","name":"p","limits":${poison}}`,
    ]) {
      const { status } = await replica.admin({ path: '/tenants', authorization: platform, body })
      expect(status).toBeLessThan(500)
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    await served()
  })
})

test('texts that make patterns backtrack are answered as a question, a filter, an id and a header', async () => {
  const units = ['a', ' ', '#', '<a ', '[1', '`', '|-', '1.', '. ', 'Dr.', '**a', '> ', '&amp']
  for (const unit of units) {
    const text = `${unit.repeat(Math.floor(100_000 / unit.length))}!`
    for (const ask of [
      { path: '/retrieve', body: { query: text, mode: 'hybrid', rerank: true } },
      { path: '/retrieve', body: { query: 'a', filter: { source: { $eq: text } } } },
      { path: '/vectors/fetch', body: { ids: [text] } },
      { path: '/retrieve', body: { query: 'a' }, headers: { 'cache-control': text.trim() } },
      { path: '/retrieve', body: { query: 'a' }, headers: { 'x-request-id': text.trim() } },
    ]) {
      const { status, json } = await replica.public({ ...ask, authorization: acme })
      expect([200, 400, 413, 422, 429], `${unit} ${ask.path} ${json?.detail}`).toContain(status)
    }
  }
  await served()
})
