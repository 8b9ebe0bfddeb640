import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import { runCli } from '../cli/run-cli.ts'
import { expectStatus } from '../support/expect-status.ts'
import { TwoReplicas } from '../support/two-replicas.ts'

interface Received {
  readonly id: string
  readonly path: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into a body as a receiver does
  readonly body: any
}

const secret = `whsec_${randomBytes(32).toString('base64')}`
let folder: string
let two: TwoReplicas
let staff: string
let received: Received[]
/** Status of the next answers by path; 200 where there is none. */
let statuses: Map<string, number[]>
let stop: () => Promise<void>
let env: Record<string, string>

/** A receiver, as the operator's own: it verifies each signature. */
async function receiver() {
  const server = createServer(async (request: IncomingMessage, response) => {
    const payload = await text(request)
    const path = request.url ?? ''
    const status = statuses.get(path)?.shift() ?? 200
    try {
      const body = new Webhook(secret).verify(payload, request.headers as Record<string, string>)
      received.push({ id: String(request.headers['webhook-id']), path, body })
      response.writeHead(status).end()
    } catch {
      response.writeHead(401).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, stop: () => new Promise<void>((done) => server.close(() => done())) }
}

beforeEach(async () => {
  received = []
  statuses = new Map()
  const { url, stop: end } = await receiver()
  stop = end
  folder = await mkdtemp(join(tmpdir(), 'tenant-router-notices-'))
  const file = join(folder, 'hooks.json')
  const hooks = [
    { name: 'all', url: `${url}/all`, secretVariable: 'HOOK_SECRET' },
    { name: 'chat', url: `${url}/chat`, secretVariable: 'HOOK_SECRET', events: ['tenant.tagged'], format: 'slack' },
  ]
  await writeFile(file, JSON.stringify(hooks))
  two = await TwoReplicas.open({ NOTICE_HOOKS: file, HOOK_SECRET: secret, STORE_VISIBLE_S: '1' })
  staff = await two.service.issuer.staff('platform')
  const listener = two.service.stack.use(await listen(two.replicas.a.services.adminApp, { host: '127.0.0.1', port: 0 }))
  env = { TENANT_ROUTER_URL: listener.url, TENANT_ROUTER_TOKEN: staff.replace('Bearer ', '') }
})
afterEach(async () => {
  await two[Symbol.asyncDispose]()
  await stop()
  await rm(folder, { recursive: true, force: true })
})

const ask = (method: string, path: string, body?: unknown) =>
  two.replicas.a.admin({ method, path, authorization: staff, body })
const typesAt = (path: string) => received.filter((one) => one.path === path).map(({ body }) => body.type)
const until = (types: readonly string[]) =>
  expect.poll(() => typesAt('/all').toSorted(), { timeout: 60_000 }).toEqual([...types].toSorted())
/** Events are made from here on: those of what was before are sent, and forgotten. */
async function untilListening(): Promise<void> {
  const isQuiet = async () => {
    const [row] = await two.service.home.sql<{ quiet: boolean }[]>`
      select exists (select from notice_cursor where position = (select max(position) from audit))
        and not exists (select from audit where position is null)
        and not exists (select from notice_deliveries where state = 'waiting') as quiet`
    return row?.quiet
  }
  await expect.poll(isQuiet, { timeout: 60_000 }).toBe(true)
  await two.service.home.sql`delete from notices`
  received.length = 0
}

test('what happens to a tenant is sent once, signed, and in the words of each hook', async () => {
  await untilListening()
  await two.service.onboard(two.replicas.b, 'zeta', { name: 'Zeta <b>' })
  await two.upsert('a', 'one', {})
  expectStatus(await ask('PATCH', '/tenants/acme', { tier: 'enterprise' }), 200)
  await until(['tenant.created', 'tenant.tagged', 'tenant.awaiting_promotion'])
  const created = received.find(({ body }) => body.type === 'tenant.created')
  expect(created?.body).toMatchObject({
    timestamp: expect.stringMatching(/^2\d{3}-.*Z$/),
    data: { tenantId: 'zeta', name: 'Zeta <b>', tier: 'standard', actor: 'platform-person' },
  })
  await expect
    .poll(() => received.find(({ path }) => path === '/chat')?.body, { timeout: 60_000 })
    .toEqual({
      text: expect.stringMatching(/^tenant\.tagged · acme · from standard, to enterprise, actor platform-person$/),
    })
  await two.promote()
  await two.until('soaking')
  expectStatus(await ask('POST', '/tenants/zeta/suspend'), 200)
  expectStatus(await ask('DELETE', '/tenants/zeta'), 202)
  await until([
    'tenant.created',
    'tenant.tagged',
    'tenant.awaiting_promotion',
    'tenant.promoted',
    'tenant.suspended',
    'tenant.offboarded',
  ])
  const states = async () => (await two.service.home.sql`select state from notice_deliveries`).map(({ state }) => state)
  await expect.poll(states, { timeout: 60_000 }).toEqual(Array(7).fill('delivered'))
  expect(new Set(received.map(({ id, path }) => `${path} ${id}`)).size).toBe(received.length)
})

test('a receiver that fails is tried again; one that gives up is listed, and gets it by "send again"', async () => {
  await untilListening()
  statuses.set('/all', [500])
  expectStatus(await ask('POST', '/tenants/acme/suspend'), 200)
  await expect.poll(() => typesAt('/all').length, { timeout: 60_000 }).toBe(1)
  const waiting = async () => (await ask('GET', '/notices?state=waiting')).json.items
  await expect.poll(async () => (await waiting())[0]?.deliveries[0]?.error, { timeout: 60_000 }).toMatch(/^500 /)
  await two.service.home.sql`update notice_deliveries set next_at = now() where state = 'waiting'`
  await expect.poll(() => typesAt('/all').length, { timeout: 60_000 }).toBe(2)
  expect(received[1]?.id).toBe(received[0]?.id)

  statuses.set('/all', [410])
  expectStatus(await ask('POST', '/tenants/acme/resume'), 200)
  expectStatus(await ask('POST', '/tenants/acme/suspend'), 200)
  const failed = async () => (await ask('GET', '/notices?state=failed')).json.items
  await expect.poll(async () => (await failed()).length, { timeout: 60_000 }).toBe(1)
  const [given] = await failed()
  expect(given).toMatchObject({ type: 'tenant.suspended', deliveries: [{ hook: 'all', state: 'failed', attempts: 1 }] })
  const listed = await runCli(['notices', 'list', '--state', 'failed'], env)
  expect(listed.out).toMatch(new RegExp(`${given.id}\t.*all failed \\(410 Gone\\)`))
  expect(await runCli(['notices', 'resend', given.id, '--yes'], env)).toMatchObject({ code: 0 })
  await expect.poll(() => received.filter(({ id }) => id === given.id).length, { timeout: 60_000 }).toBe(2)
  await expect.poll(async () => (await failed()).length, { timeout: 60_000 }).toBe(0)
  expectStatus(await ask('POST', '/notices/msg_nobody/resend'), 404)
})

test('a move that stands for long is told of, once', async () => {
  await untilListening()
  await two.upsert('a', 'one', {})
  const hold = two.hold('copy: batch claimed')
  await two.promote()
  await hold.reached
  const waiting = JSON.stringify({
    gate: { kind: 'store' },
    since: new Date(Date.now() - 3_600_000).toISOString(),
    tries: 9,
    nextTryAt: null,
  })
  await two.service.home.sql`update moves set waiting = ${waiting}::jsonb, gate = 'It waits for the store.'`
  await until(['move.stuck'])
  expect(received[0]?.body.data).toMatchObject({ tenantId: 'acme', kind: 'promote', gate: 'It waits for the store.' })
  hold.release()
})

test('faults of the file of hooks are named at start, without the secret', async () => {
  const file = join(folder, 'bad.json')
  await writeFile(file, JSON.stringify([{ name: 'x', url: 'ftp://x', secretVariable: 'HOOK_SECRET' }]))
  await expect(two.service.replica({ NOTICE_HOOKS: file, HOOK_SECRET: secret })).rejects.toThrow('NOTICE_HOOKS')
  await writeFile(file, JSON.stringify([{ name: 'x', url: 'http://x', secretVariable: 'HOOK_SECRET' }]))
  const short = two.service.replica({ NOTICE_HOOKS: file, HOOK_SECRET: 'whsec_c2hvcnQ=' })
  await expect(short).rejects.toThrow(/NOTICE_HOOKS.*is no secret of a webhook/s)
  await expect(short).rejects.not.toThrow('c2hvcnQ')
})
