import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../../src/embedded/free-port.ts'
import { type EmbeddedPostgresServer, startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { runCli } from '../cli/run-cli.ts'
import { ChaosWorld } from './chaos-world.ts'
import { smallDisk } from './small-disk.ts'

const mib = 1024 * 1024
const patient = { timeout: 120_000, interval: 200 }

test('the disk of the embedded Postgres is full: uploads are refused, and what was accepted is there once there is room', {
  timeout: 600_000,
}, async () => {
  await using world = await ChaosWorld.open()
  const disk = world.stack.use(await smallDisk(192))
  const home = { dataDir: join(disk.path, 'postgres'), port: await freePort() }
  let server: EmbeddedPostgresServer = await startEmbeddedPostgres(home)
  world.stack.defer(() => server[Symbol.asyncDispose]())
  expect(await runCli(['migrate', '--yes'], { DATABASE_URL: server.url })).toMatchObject({ code: 0 })
  const env = { DATABASE_URL: server.url }
  const replicas = [await world.replica(env), await world.replica(env)] as const
  const [first, second] = replicas
  const app = await world.onboard(first, 'acme')
  const vectors = [{ id: 'own', values: [1, 2, 3, 4] }]
  expect((await first.public({ path: '/vectors/upsert', authorization: app, body: { vectors } })).status).toBe(200)

  // Nothing embeds them, so that they stay in Postgres.
  const accepted: string[] = []
  let refusedFull = 0
  let isOut = false
  void server.child.exited.then(() => {
    isOut = true
  })
  await disk.fill(24 * mib)
  for (let round = 0; refusedFull < 3 && !isOut; round += 1) {
    const at = replicas[round % 2] ?? first
    const documentId = `upload-${round}`
    const body = { documentId, text: randomBytes(1_000_000).toString('base64') }
    const answer = await at.public({ path: '/documents', authorization: app, body })
    if (answer.status === 202) accepted.push(documentId)
    else {
      expect([503, 504], answer.text).toContain(answer.status)
      if (/disk of the registry is full/.test(answer.text)) refusedFull += 1
    }
    expect(round, 'the disk does not fill up').toBeLessThan(200)
  }
  expect(accepted.length).toBeGreaterThan(0)
  // What needs no change of Postgres goes on.
  const fetched = await second.public({ path: '/vectors/fetch', authorization: app, body: { ids: ['own'] } })
  expect([fetched.status, Object.keys(fetched.json.vectors ?? {})]).toEqual([200, ['own']])

  await disk.makeRoom()
  if (isOut) server = await startEmbeddedPostgres(home)
  const next = async () => {
    const body = { documentId: 'next', text: 'there is room' }
    return (await second.public({ path: '/documents', authorization: app, body })).status
  }
  await expect.poll(next, patient).toBe(202)
  for (const at of replicas) {
    for (const documentId of accepted) {
      const known = async () => (await at.public({ path: `/documents/${documentId}`, authorization: app })).status
      await expect.poll(known, patient).toBe(200)
    }
  }
})
