import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { ReplicaProcess } from '../fire/replica-process.ts'
import { testDatabase } from '../support/database.ts'
import { testIssuer } from '../support/issuer.ts'
import { localStores } from '../support/local-stores.ts'

const hourMs = 3_600_000

test('a replica whose clock is set an hour on and two back keeps its lease, serves, and moves a tenant', async () => {
  await using stack = new AsyncDisposableStack()
  const home = stack.use(await testDatabase())
  const stores = stack.use(await localStores())
  const issuer = stack.use(await testIssuer())
  const folder = stack.use(await temporaryFolder())
  const file = join(folder.path, 'step')
  const { audience, jwksUrl } = issuer
  const env = {
    DATABASE_URL: home.url,
    LOG_LEVEL: 'info',
    INDEX_PREFIX: 'clock',
    PINECONE_API_KEY: 'local',
    PINECONE_CONTROLLER_HOST: stores.local.url,
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    EMBEDDING_MODEL: 'none',
    EMBEDDING_DIMENSION: '4',
    JWT_ISSUER: issuer.issuer,
    JWT_AUDIENCE: audience,
    JWT_JWKS_URL: jwksUrl,
    SESSION_LEASE_S: '3',
    STORE_IN_DOUBT_S: '1',
    STORE_VISIBLE_S: '1',
    CLOCK_STEP_FILE: file,
    NODE_OPTIONS: `--import=${fileURLToPath(new URL('./stepped-clock.ts', import.meta.url))}`,
  }
  const replica = stack.use(await ReplicaProcess.start(env))
  const nowS = Math.floor(Date.now() / 1_000)
  const exp = nowS + 10_800
  const app = await issuer.tenant('acme', { exp })
  const staff = `Bearer ${await issuer.token({ roles: ['platform'], sub: 'pat', exp })}`
  const short = await issuer.tenant('acme', { exp: nowS + 600 })
  const ask = async (base: string, path: string, authorization: string, body?: object) => {
    const response = await fetch(base + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, json: text.startsWith('{') ? JSON.parse(text) : undefined }
  }
  let round = 0
  const works = async () => {
    const vectors = [{ id: 'r', values: [1, 2, 3, 4], metadata: { round: ++round } }]
    expect((await ask(replica.url, '/vectors/upsert', app, { vectors })).status).toBe(200)
    const { json } = await ask(replica.url, '/vectors/fetch', app, { ids: ['r'] })
    expect(json.vectors.r.metadata.round).toBe(round)
    expect((await ask(replica.adminUrl, '/readyz', staff)).status).toBe(200)
  }
  expect((await ask(replica.adminUrl, '/tenants', staff, { id: 'acme', name: 'Acme' })).status).toBe(201)
  await works()
  // Its lease is renewed and asked for several times at each hour.
  const holds = async () => {
    const { sql } = home
    const [before] = await sql<{ expires: Date | string }[]>`select max(expires_at) as expires from sessions`
    await expect
      .poll(async () => {
        await works()
        const [now] = await sql<{ expires: Date | string }[]>`select max(expires_at) as expires from sessions`
        return String(now?.expires) !== String(before?.expires)
      })
      .toBe(true)
  }
  await writeFile(file, String(hourMs))
  await holds()
  // A token's end is judged by the clock that the replica has.
  expect((await ask(replica.url, '/documents', short)).status).toBe(401)
  const move = await ask(replica.adminUrl, '/tenants/acme/moves', staff, { kind: 'promote' })
  expect(move.status).toBe(202)
  await writeFile(file, String(-hourMs))
  await holds()
  await expect
    .poll(async () => (await ask(replica.adminUrl, `/moves/${move.json.id}`, staff)).json.state)
    .toBe('soaking')
  await works()
  await writeFile(file, '0')
  await holds()
  expect((await ask(replica.url, '/documents', short)).status).toBe(200)
})
