import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../../src/embedded/free-port.ts'
import { type EmbeddedPostgresServer, startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { startPineconeLocal } from '../../src/pinecone-local/server.ts'
import { runCli } from '../cli/run-cli.ts'
import { ChaosWorld } from './chaos-world.ts'
import { smallDisk } from './small-disk.ts'

const mib = 1024 * 1024
const patient = { timeout: 120_000, interval: 200 }

test('the disk of pinecone-local is full: writes are refused and say so, reads go on, and all works once there is room', {
  timeout: 600_000,
}, async () => {
  await using world = await ChaosWorld.open()
  const disk = world.stack.use(await smallDisk(64))
  const port = await freePort()
  let store = await startPineconeLocal({ dataDir: disk.path, port })
  world.stack.defer(() => store.close())
  const replicas = [
    await world.replica({ PINECONE_CONTROLLER_HOST: store.url }),
    await world.replica({ PINECONE_CONTROLLER_HOST: store.url }),
  ] as const
  const [first, second] = replicas
  const app = await world.onboard(first, 'acme')
  store.setFaults({ lagMs: 300 })
  const text = () => randomBytes(15_000).toString('base64')
  const kept = new Map<string, string>()
  const write = async (round: number) => {
    const vectors = Array.from({ length: 20 }, (_, n) => ({
      id: `r-${round}-${n}`,
      values: [1, 2, 3, 4],
      metadata: { text: text() },
    }))
    const at = replicas[round % 2] ?? first
    const answer = await at.public({ path: '/vectors/upsert', authorization: app, body: { vectors } })
    if (answer.status === 200) for (const { id, metadata } of vectors) kept.set(id, metadata.text)
    return { answer, ids: vectors.map(({ id }) => id) }
  }
  const read = async (ids: readonly string[]) => {
    const { status, json } = await second.public({ path: '/vectors/fetch', authorization: app, body: { ids } })
    expect(status).toBe(200)
    return new Map(Object.entries(json.vectors as Record<string, { metadata: { text: string } }>))
  }
  const expectKept = async (ids = [...kept.keys()]) => {
    for (let from = 0; from < ids.length; from += 20) {
      const page = ids.slice(from, from + 20)
      await expect
        .poll(async () => {
          const found = await read(page)
          return page.every((id) => found.get(id)?.metadata.text === kept.get(id))
        }, patient)
        .toBe(true)
    }
  }
  const firstWrite = (await write(0)).answer
  expect(firstWrite.status, firstWrite.text).toBe(200)
  await expectKept()
  const shown = [...kept.keys()]
  await disk.fill(6 * mib)
  const refused: string[] = []
  for (let round = 1; refused.length < 20 * 3; round += 1) {
    const { answer, ids } = await write(round)
    if (answer.status === 200) continue
    expect([answer.status, answer.json.code, answer.json.detail]).toEqual([
      503,
      'store_unavailable',
      expect.stringContaining('The disk of the vector store is full'),
    ])
    refused.push(...ids)
  }
  // A write that was answered before may need room to be shown: it waits.
  await expectKept(shown)
  expect([...(await read(refused.slice(0, 60))).keys()]).toEqual([])

  await disk.makeRoom()
  await expect.poll(async () => (await write(1_000)).answer.status, patient).toBe(200)
  await expectKept()
  // Nothing of it was only in memory.
  await store.close()
  store = await startPineconeLocal({ dataDir: disk.path, port })
  await expectKept()
  expect([...(await read(refused.slice(0, 60))).keys()]).toEqual([])
})

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
