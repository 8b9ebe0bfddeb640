import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { type EmbeddedParts, startParts } from '../../src/embedded/parts.ts'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { startOf } from '../../src/embedded/process-identity.ts'
import { expectStatus } from '../support/expect-status.ts'
import { temporaryFolder } from './temporary-folder.ts'

const issuer = {
  issuer: 'urn:tenant-router:development',
  audience: 'tenant-router',
  tenantClaim: 'tenant_id',
  groupsClaim: 'groups',
  rolesClaim: 'roles',
}

function databaseOf(parts: EmbeddedParts) {
  return connect({ url: parts.settings.DATABASE_URL ?? '', max: 1 })
}

async function pids(folder: string): Promise<readonly number[]> {
  const { children } = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8'))
  return children.map(({ pid }: { pid: number }) => pid)
}

test('after a kill -9 the next start ends the orphans, and the data is there', async () => {
  await using folder = await temporaryFolder()
  const program = new URL('./hold-parts.ts', import.meta.url).pathname
  const holder = fork(program, [folder.path, JSON.stringify(issuer)])
  await once(holder, 'message') // it has written a row, and started everything
  const orphans = await pids(folder.path)
  expect(orphans).toHaveLength(2)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  expect(orphans.map(startOf)).not.toContain(undefined)

  let own: readonly number[] = []
  {
    await using parts = await startParts({ folder: folder.path, issuer })
    expect([...parts.ended].sort()).toEqual(['Postgres', 'pinecone-local'])
    expect(orphans.map(startOf)).toEqual([undefined, undefined])
    await using database = databaseOf(parts)
    expect(await database.sql`select note from kept`).toEqual([{ note: 'before the kill' }])
    own = await pids(folder.path)
  }
  expect(own.map(startOf)).toEqual([undefined, undefined])
})

test('a process that ignores the signal to end takes its children with it', async () => {
  await using folder = await temporaryFolder()
  const program = new URL('./hold-parts.ts', import.meta.url).pathname
  const holder = fork(program, [folder.path, JSON.stringify(issuer)])
  await once(holder, 'message')
  const children = await pids(folder.path)
  holder.kill('SIGTERM')
  expect((await once(holder, 'exit'))[1]).toBe('SIGTERM')
  await vi.waitUntil(() => children.every((pid) => startOf(pid) === undefined), { timeout: 60_000 })
})

test('pinecone-local has the same address again, since the registry remembers it', async () => {
  await using folder = await temporaryFolder()
  const hosts: (string | undefined)[] = []
  for (let start = 0; start < 2; start += 1) {
    await using parts = await startParts({ folder: folder.path, issuer })
    hosts.push(parts.settings.PINECONE_CONTROLLER_HOST)
    const answer = await fetch(`${parts.settings.PINECONE_CONTROLLER_HOST}/indexes`, { headers: { 'api-key': 'x' } })
    expectStatus(answer, 200)
  }
  expect(hosts[0]).toBe(hosts[1])
})

test('a part that ends unasked is reported; one that was asked to is not', async () => {
  await using folder = await temporaryFolder()
  await using parts = await startParts({ folder: folder.path, issuer })
  const [pid] = await pids(folder.path)
  process.kill(pid ?? 0, 'SIGKILL')
  expect(await parts.broken).toMatch(/ended unexpectedly \(signal SIGKILL\)/)
})

test('a folder of another Postgres is reported, and left alone', async () => {
  await using folder = await temporaryFolder()
  const dataDir = join(folder.path, 'postgres')
  await mkdir(dataDir)
  await writeFile(join(dataDir, 'PG_VERSION'), '16\n')
  await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow('was made by Postgres 16 and this is 18')
  expect(await readFile(join(dataDir, 'PG_VERSION'), 'utf8')).toBe('16\n')
})

test('a lock file with the number of some other program does not keep Postgres from starting', async () => {
  await using folder = await temporaryFolder()
  const dataDir = join(folder.path, 'postgres')
  await (await startEmbeddedPostgres({ dataDir }))[Symbol.asyncDispose]()
  await writeFile(join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n1\n5432\n\n\n\nready\n`)
  await using server = await startEmbeddedPostgres({ dataDir })
  await using database = connect({ url: server.url, max: 1 })
  expect(await database.sql`select 1 as one`).toEqual([{ one: 1 }])
})

test('a taken port is reported in the words of Postgres', async () => {
  await using folder = await temporaryFolder()
  await using first = await startEmbeddedPostgres({ dataDir: join(folder.path, 'a') })
  const second = startEmbeddedPostgres({ dataDir: join(folder.path, 'b'), port: first.port })
  await expect(second).rejects.toThrow(/did not start \(exit code 1\): .*Address already in use/)
})
