import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import postgres from 'postgres'
import { expect, test } from 'vitest'

const embedded = new URL('../../src/embedded/postgres.ts', import.meta.url).href

/** Starts a server in a process of its own that then does `rest`, and tells how that process ended. */
async function inProcess(rest: string) {
  const folder = await mkdtemp(join(tmpdir(), 'tenant-router-exit-'))
  await chmod(folder, 0o755)
  const script = `
    const { startEmbeddedPostgres } = await import('${embedded}')
    const server = await startEmbeddedPostgres({ dataDir: '${join(folder, 'postgres')}', settings: { fsync: 'off' } })
    console.log(server.url)
    ${rest}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [url, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return { url: url.trim(), code, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

test('an embedded Postgres leaves the exit code to its process', async () => {
  await using ended = await inProcess('await server[Symbol.asyncDispose](); process.exitCode = 7')
  expect(ended.code).toBe(7)
})

test('a process that ends without disposing takes its Postgres with it', async () => {
  await using ended = await inProcess('process.exit(5)')
  expect(ended.code).toBe(5)
  await expect
    .poll(
      async () => {
        const sql = postgres(ended.url, { max: 1, connect_timeout: 2 })
        const reachable = await sql`select 1`.then(
          () => true,
          () => false,
        )
        await sql.end({ timeout: 1 })
        return reachable
      },
      { timeout: 60_000 },
    )
    .toBe(false)
})
