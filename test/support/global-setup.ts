import { chmod, cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { connect } from '../../src/db/connect.ts'
import { migrate } from '../../src/db/migrate.ts'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The migrated template database of this run; `database.ts` copies it. */
    templateUrl: string
  }
}

/** Settings that log every statement as CSV, for `test/upgrade/record.ts`. */
const recording = {
  logging_collector: 'on',
  log_destination: 'csvlog',
  log_statement: 'all',
  log_rotation_size: '0',
  log_rotation_age: '0',
} as const

/** Starts one real Postgres for the whole run; each test file works in a database of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const recordTo = process.env.RECORD_STATEMENTS
  const folder = await mkdtemp(join(tmpdir(), 'tenant-router-test-'))
  await chmod(folder, 0o755) // as root, Postgres runs as a user of its own
  // The programs that tests start, and vitest's own workers, load the same files hundreds of times.
  process.env.NODE_COMPILE_CACHE ??= join(folder, 'compiled')
  const server = await startEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    settings: {
      fsync: 'off',
      full_page_writes: 'off',
      shared_buffers: '256MB',
      ...(recordTo === undefined ? {} : recording),
    },
  })
  {
    await using database = connect({ url: server.url, max: 2 })
    await migrate(database)
  }
  project.provide('templateUrl', server.url)
  return async () => {
    await server[Symbol.asyncDispose]()
    if (recordTo !== undefined) await cp(join(folder, 'postgres', 'log'), recordTo, { recursive: true })
    // A process or a thread that is just ending may still write what Node compiled for it.
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}
