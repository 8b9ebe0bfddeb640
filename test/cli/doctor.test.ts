import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { freePort } from '../../src/embedded/free-port.ts'
import { listen } from '../../src/http/listen.ts'
import { startPineconeLocal } from '../../src/pinecone-local/server.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'
import { type CliRun, runCli } from './run-cli.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

interface Finding {
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly found: string
  readonly fix?: string
}

let world: ServiceWorld
let replica: ServiceReplica
let folder: string
let models: Awaited<ReturnType<typeof modelEndpoint>>
let adminPort: number
beforeAll(async () => {
  world = await ServiceWorld.open()
  folder = await mkdtemp(join(tmpdir(), 'tenant-router-doctor-'))
  models = world.stack.use(await modelEndpoint())
  replica = await world.replica({ OPENAI_BASE_URL: models.url })
  await world.onboard(replica, 'acme')
  const listener = world.stack.use(await listen(replica.services.adminApp, { host: '127.0.0.1', port: 0 }))
  adminPort = listener.port
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Models that take a batch of so many texts; `texts` is how many the embedder was sent in all. */
async function modelEndpoint({ batchMax = 64, dimension = 64 } = {}) {
  const server = createHttpServer(async (request, response) => {
    const body = request.method === 'POST' ? Object(await json(request)) : {}
    response.setHeader('content-type', 'application/json')
    if (request.url === '/v1/embeddings') {
      const texts: readonly string[] = body.input
      if (texts.length > batchMax) {
        response.writeHead(400).end(JSON.stringify({ error: { message: `batch size over ${batchMax}` } }))
        return
      }
      const data = texts.map((text, index) => ({ index, embedding: bagOfWords(text, dimension) }))
      response.end(JSON.stringify({ data, usage: { total_tokens: texts.length } }))
    } else if (request.url === '/v1/chat/completions') {
      response.setHeader('content-type', 'text/event-stream')
      const words = { choices: [{ delta: { content: 'yes' } }] }
      const end = { choices: [{ delta: {}, finish_reason: 'stop' }] }
      response.end(`data: ${JSON.stringify(words)}\n\ndata: ${JSON.stringify(end)}\n\ndata: [DONE]\n\n`)
    } else response.writeHead(404).end('{}')
  })
  return served(server)
}

async function served(server: ReturnType<typeof createHttpServer>) {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A server that takes every connection and never says a word. */
async function silentServer() {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The environment of a good deployment. */
function env(more: Record<string, string> = {}): Record<string, string> {
  const { issuer, audience, jwksUrl } = world.issuer.settings
  return {
    ADMIN_PORT: String(adminPort),
    ADMIN_HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: world.home.url,
    PINECONE_API_KEY: 'local-key',
    PINECONE_CONTROLLER_HOST: world.local.local.url,
    INDEX_PREFIX: 'tr',
    OPENAI_BASE_URL: models.url,
    EMBEDDING_MODEL: 'hash',
    EMBEDDING_DIMENSION: '64',
    EMBEDDING_BATCH: '64',
    ANSWER_MODEL: 'writer',
    JWT_ISSUER: issuer,
    JWT_AUDIENCE: audience,
    JWT_JWKS_URL: jwksUrl,
    ...more,
  }
}

async function tokenFile(token: string): Promise<string> {
  const path = join(folder, randomBytes(6).toString('hex'))
  await writeFile(path, `${token.replace('Bearer ', '')}\n`)
  return path
}

function findingsOf({ out, err }: CliRun): readonly Finding[] {
  expect(err).toBe('')
  return JSON.parse(out).findings
}

/** The lines of one check as `status: found — fix`. */
function linesOf(findings: readonly Finding[], check: string): string {
  const lines = findings.filter((finding) => finding.check === check)
  return lines.map(({ status, found, fix }) => `${status}: ${found} — ${fix ?? ''}`).join('\n')
}

test('beside a service that runs well every line is ok, and what it found is named', async () => {
  const token = await tokenFile(await world.issuer.tenant('acme', { groups: ['support'] }))
  const run = await runCli(['doctor', '--json', '--token', token], env())
  const findings = findingsOf(run)
  const notOk = findings.filter(({ status }) => status !== 'ok')
  // The embedded Postgres has its superuser alone.
  expect(notOk).toEqual([expect.objectContaining({ check: 'postgres role', status: 'warn' })])
  expect(run.code).toBe(0)
  expect(JSON.parse(run.out).status).toBe('warn')
  expect(linesOf(findings, 'service')).toContain('is ready')
  expect(linesOf(findings, 'postgres schema')).toContain('up to date')
  expect(linesOf(findings, 'postgres notifications')).toContain('arrive')
  expect(linesOf(findings, 'store default')).toMatch(/takes the key; it has 1 of the 20 indexes/)
  expect(linesOf(findings, 'indexes')).toContain('1 in the registry; the store has them so, and they answer')
  expect(linesOf(findings, 'namespaces')).toContain('hold 1 of 10000 namespaces')
  expect(linesOf(findings, 'issuer')).toContain('serves 1 key(s) (EC P-256)')
  expect(linesOf(findings, 'token')).toContain('tenant acme, scopes rag:read rag:write, groups support')
  expect(linesOf(findings, 'tenant')).toContain('onboarded and active')
  expect(linesOf(findings, 'model hash')).toContain('64 dimensions')
  expect(linesOf(findings, 'model hash')).toContain('takes 64 texts a request')
  expect(linesOf(findings, 'answer model')).toContain('writer answers')
  expect(findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining(['clock Postgres', 'clock issuer', 'reranker', 'settings', 'files']),
  )
})

test('each fault is a line of its own with what mends it, and no secret is shown', async () => {
  const role = `doctor_${randomBytes(4).toString('hex')}`
  const { sql } = world.home
  await sql.unsafe(`create role ${role} login password 'hush-hush-word'; grant usage on schema public, drizzle to ${role};
    grant select on all tables in schema public, drizzle to ${role}`)
  const url = new URL(world.home.url)
  const as = (user: string, password: string) => {
    url.username = user
    url.password = password
    return url.href
  }
  const dataDir = join(folder, 'store')
  const store = await startPineconeLocal({ dataDir, apiKey: 'the-right-key' })
  const wrong = await tokenFile(
    await world.issuer.token({
      aud: 'billing',
      exp: Math.floor(Date.now() / 1000) - 600,
      iss: `${world.issuer.issuer}/`,
      org: 'acme',
    }),
  )
  const first = await runCli(
    ['doctor', '--json', '--token', wrong],
    env({
      DATABASE_URL: as(role, 'wrong-horse-word'),
      PINECONE_CONTROLLER_HOST: store.url,
      PINECONE_API_KEY: 'pck-never-to-be-seen',
      CACHE_TTL: '60',
      EMBEDDING_DIMENSION: '32',
      OPENAI_API_KEY: 'sk-never-to-be-seen',
      RERANK_URL: `${models.url}/rerank?key=never-to-be-seen`,
      RERANK_MODEL: 'judge',
    }),
  )
  const findings = findingsOf(first)
  expect(first.code).toBe(1)
  expect(JSON.parse(first.out).status).toBe('fail')
  expect(linesOf(findings, 'settings')).toMatch(/warn: CACHE_TTL is set.* — Rename it to CACHE_TTL_S/)
  expect(linesOf(findings, 'postgres')).toMatch(/fail: refuses the login.* — Correct the user and the password/)
  // Said once, and not in each line that needs Postgres.
  expect(findings.filter(({ check }) => /^postgres|^index|^namespaces/.test(check))).toHaveLength(1)
  expect(linesOf(findings, 'store default')).toMatch(/fail: refuses the key.* — Set PINECONE_API_KEY/)
  expect(linesOf(findings, 'model hash')).toMatch(/fail: .*64 dimensions where 32.* — Set EMBEDDING_DIMENSION/)
  expect(linesOf(findings, 'reranker')).toMatch(/fail: .* — Check RERANK_URL/)
  const token = linesOf(findings, 'token')
  expect(token).toMatch(/its audience \(aud\) is "billing", and JWT_AUDIENCE is "tenant-router"/)
  expect(token).toMatch(/has expired 10 min ago/)
  expect(token).toMatch(/its issuer \(iss\) is .* — The slash at the end counts/)
  expect(token).toMatch(/neither a tenant in `tenant_id` nor staff roles in `roles`.* — Its claims are .*"org"/)
  expect(findings.every(({ status, fix }) => status === 'ok' || /^[A-Z].*[.]$/.test(fix ?? ''))).toBe(true)
  expect(first.out).not.toMatch(/never-to-be-seen|wrong-horse-word/)
  await store.close()

  await writeFile(
    join(folder, 'models.json'),
    JSON.stringify([{ name: 'second', provider: 'openai', baseUrl: models.url, dimension: 64, batch: 100 }]),
  )
  const unknownTenant = await tokenFile(await world.issuer.tenant('nobody', { scope: '' }))
  const second = findingsOf(
    await runCli(
      ['doctor', '--json', '--token', unknownTenant],
      env({
        DATABASE_URL: as(role, 'hush-hush-word'),
        EMBEDDING_MODEL: 'other',
        EMBEDDING_MODELS: join(folder, 'models.json'),
        PROJECT_INDEX_LIMIT: '1',
        ADMIN_PORT: String(models.port),
      }),
    ),
  )
  expect(linesOf(second, 'postgres role')).toMatch(/fail: .* may not .*delete.* in .* — Grant it these rights/)
  expect(linesOf(second, 'models of indexes')).toMatch(/was made for hash with 64 dimensions.* — Put that model/)
  expect(linesOf(second, 'model second')).toMatch(/warn: takes 50 texts a request and refuses 100 — .* to 50/)
  expect(linesOf(second, 'store default')).toMatch(/warn: .* 1 of the 1 indexes .*no tenant promoted/)
  expect(linesOf(second, 'token')).toMatch(/warn: .*no scope of this service/)
  expect(linesOf(second, 'tenant')).toMatch(/fail: nobody is not onboarded — Run `tenant-router tenants create nobody`/)
  expect(linesOf(second, 'service')).toMatch(/fail: something else than this service listens on .* — .*set ADMIN_PORT/)

  await sql.unsafe('drop schema drizzle cascade')
  world.issuer.answer = { status: 200, body: JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'x' }] }) }
  const tenantKey = await tokenFile(`trk_${'0'.repeat(16)}_${'a'.repeat(64)}`)
  const third = findingsOf(
    await runCli(['doctor', '--json', '--token', tenantKey], env({ ADMIN_PORT: String(await freePort()) })),
  )
  expect(linesOf(third, 'postgres schema')).toMatch(
    /fail: \d+ migration\(s\) have not run — Run `tenant-router migrate`/,
  )
  expect(linesOf(third, 'issuer')).toMatch(/fail: .*no key that verifies a token here: key 1 is a shared secret/)
  expect(linesOf(third, 'issuer')).toMatch(/fail: .*private or shared keys in it — Replace every key/)
  expect(linesOf(third, 'token')).toMatch(/fail: This tenant key is not known here/)
  expect(linesOf(third, 'service')).toMatch(/ok: does not run here yet/)
  world.issuer.answer = undefined
  await sql.unsafe(`drop owned by ${role}; drop role ${role}`)
})

test('parts that take calls and never answer, or are stopped, end as lines, and the command ends', async () => {
  await using silent = await silentServer()
  const hung = `127.0.0.1:${silent.port}`
  const hanging = await runCli(
    ['doctor', '--json', '--timeout', '2', '--token', await tokenFile(await world.issuer.tenant('acme'))],
    env({
      DATABASE_URL: `postgres://app:a-password@${hung}/registry`,
      PINECONE_CONTROLLER_HOST: `http://${hung}`,
      JWT_JWKS_URL: `http://${hung}/jwks.json`,
      OPENAI_BASE_URL: `http://${hung}/v1`,
      RERANK_URL: `http://${hung}/rerank`,
      ADMIN_PORT: String(silent.port),
    }),
  )
  const findings = findingsOf(hanging)
  expect(hanging.code).toBe(1)
  for (const check of ['postgres', 'store default', 'issuer', 'model hash', 'answer model', 'reranker', 'service']) {
    expect(linesOf(findings, check), check).toMatch(/^fail: [^\n]+ — [A-Z][^\n]+\.$/)
  }
  expect(linesOf(findings, 'token')).toMatch(/its signature was not examined/)
  expect(linesOf(findings, 'clock')).toMatch(/^warn: no dependency stated its time/)

  const { port } = silent
  await silent[Symbol.asyncDispose]()
  const stopped = await runCli(
    ['doctor'],
    env({ DATABASE_URL: `postgres://app:a-password@127.0.0.1:${port}/registry` }),
  )
  expect(stopped.code).toBe(1)
  expect(stopped.out).toMatch(/^fail {2}postgres: refuses connections: nothing listens there\n {6}Start Postgres\. /m)
  expect(stopped.out).toMatch(/^ok {4}store default: takes the key/m)
  expect(stopped.out).toMatch(/\n\d+ ok, \d+ to look at, 1 failed\.\n$/)
})

test('settings with faults are lines too, and the parts of the other settings are examined all the same', async () => {
  const {
    JWT_AUDIENCE: _,
    DATABASE_URL: __,
    ...rest
  } = env({ PINECONE_API_KEY: '"in-quotes"', OPENAI_BASE_URL: 'nowhere' })
  const run = await runCli(['doctor', '--json'], rest)
  expect(run.code).toBe(1)
  const findings = findingsOf(run)
  const settings = linesOf(findings, 'settings')
  expect(settings).toMatch(/fail: DATABASE_URL is missing — Set it/)
  expect(settings).toMatch(/fail: JWT_AUDIENCE is missing/)
  expect(settings).toMatch(/fail: PINECONE_API_KEY is in quotes/)
  expect(settings).toMatch(/fail: OPENAI_BASE_URL is not a URL/)
  for (const check of ['postgres', 'store', 'issuer', 'model', 'answer model']) {
    expect(linesOf(findings, check), check).toMatch(/^warn: .* was not examined: .* — Mend that first/)
  }
  expect(linesOf(findings, 'service')).toMatch(/^(ok|warn): runs here/)
  const nothing = await runCli(['doctor', '--token', '/nonexistent/token'], env())
  expect(nothing.code).toBe(2)
  expect(nothing.err).toContain('The token cannot be read from /nonexistent/token: ENOENT.')
})
