import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { connect } from '../db/connect.ts'
import { type Child, startChild } from './child.ts'
import type { ChildRun } from './children.ts'
import { freePort } from './free-port.ts'
import { type Account, mayEnter, postgresAccount } from './postgres-account.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { programOf } from './process-identity.ts'
import { StartupError } from './startup-error.ts'

export interface EmbeddedPostgresServer extends AsyncDisposable {
  /** URL of the database `tenant_router`, created if missing. */
  readonly url: string
  readonly port: number
  readonly child: Child
}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string
  readonly port?: number
  /** Additional `-c name=value` settings, for tests that need no durability. */
  readonly settings?: Readonly<Record<string, string>>
  /** Records the child, so that a start after a kill -9 can end it. */
  readonly run?: ChildRun
}

/** How a Postgres program starts: as which user, and with which path to its folder. */
interface Home {
  readonly pgdata: string
  readonly spawn: { readonly cwd: string; readonly uid?: number; readonly gid?: number }
}

/**
 * Starts a real Postgres from npm as a child of this process, in about a second; the first start initialises its
 * folder. The superuser's password is created then and kept beside the folder: every user of the machine can reach
 * 127.0.0.1.
 * @throws StartupError with one sentence that says why it cannot start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgresServer> {
  const dataDir = resolve(options.dataDir)
  const account = await postgresAccount()
  const [binaries, port] = await Promise.all([postgresBinaries(account), options.port ?? freePort()])
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const home = await homeOf(dataDir, account)
  const password = await initialise(binaries.initdb, dataDir, home, account)
  await dropStaleLock(dataDir)
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    lc_messages: 'C',
    ...options.settings,
  }
  const child = startChild({
    what: 'Postgres',
    command: binaries.postgres,
    args: ['-D', home.pgdata, '-p', String(port), ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
    spawn: home.spawn,
    stopSignal: 'SIGINT', // "fast": it does not wait for clients to leave
    ...(options.run === undefined ? {} : { run: options.run }),
  })
  await untilReady(child, dataDir)
  const url = `postgres://postgres:${password}@127.0.0.1:${port}`
  await makeDatabase(`${url}/postgres`)
  return { url: `${url}/tenant_router`, port, child, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() }
}

/**
 * Root on Linux enters the folder before it drops its rights and passes a relative path: so Postgres can run below a
 * folder that is closed to its user.
 */
async function homeOf(dataDir: string, account: Account | undefined): Promise<Home> {
  if (account === undefined) return { pgdata: dataDir, spawn: { cwd: dataDir } }
  await chown(dataDir, account.uid, account.gid)
  const spawn = { cwd: dataDir, ...account }
  if (process.platform === 'linux') return { pgdata: '/proc/self/cwd', spawn }
  if (mayEnter(account, dataDir)) return { pgdata: dataDir, spawn }
  throw new StartupError(
    `The user postgres may not enter ${dataDir}: open its parent folders to it (chmod o+x), or do not run as root.`,
  )
}

async function initialise(initdb: string, dataDir: string, home: Home, account: Account | undefined): Promise<string> {
  const passwordFile = `${dataDir}.password`
  const version = (await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => undefined))?.trim()
  if (version === '18') return (await readFile(passwordFile, 'utf8')).trim()
  if (version !== undefined) {
    throw new StartupError(
      `${dataDir} was made by Postgres ${version} and this is 18: move it away, or use that version.`,
    )
  }
  const password = randomBytes(18).toString('base64url')
  const folder = await mkdtemp(join(tmpdir(), 'tenant-router-initdb-'))
  try {
    const lent = join(folder, 'password')
    await writeFile(lent, password, { mode: 0o600 })
    if (account !== undefined) for (const path of [folder, lent]) await chown(path, account.uid, account.gid)
    await writeFile(passwordFile, password, { mode: 0o600 })
    await chmod(dataDir, 0o700)
    // Bytes decide the order, as with C; but upper and lower case are those of Unicode, as in most databases.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    const flags = ['--username=postgres', '--auth=password', ...locale, '--no-sync']
    await promisify(execFile)(initdb, ['-D', home.pgdata, `--pwfile=${lent}`, ...flags], home.spawn)
  } catch (error) {
    // A half-made folder would be taken for a whole one, or refused as not empty, by the next start.
    await rm(dataDir, { recursive: true, force: true })
    const lines = (error as { stderr?: string }).stderr?.trim().split('\n') ?? [String(error)]
    // Its last line says that it tidies up.
    const said = lines.find((line) => /error|could not/i.test(line)) ?? lines.at(-1)
    throw new StartupError(`The embedded Postgres could not make its folder ${dataDir}: ${said}`, { cause: error })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return password
}

/** Removes a killed Postgres's lock file: if another program has its pid now, Postgres would refuse to start. */
async function dropStaleLock(dataDir: string): Promise<void> {
  const lock = join(dataDir, 'postmaster.pid')
  const pid = Number((await readFile(lock, 'utf8').catch(() => '')).split('\n')[0])
  if (pid > 0 && !programOf(pid)?.includes('postgres')) await rm(lock, { force: true })
}

/** Waits as pg_ctl does: the eighth line of the lock file says when Postgres accepts connections. */
async function untilReady(child: Child, dataDir: string): Promise<void> {
  let ended: string | undefined
  void child.exited.then((how) => {
    ended = how
  })
  for (;;) {
    const lines = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return
    if (ended !== undefined) {
      throw new StartupError(`The embedded Postgres did not start (${ended}): ${child.lastLines()}`)
    }
    await sleep(10)
  }
}

async function makeDatabase(url: string): Promise<void> {
  await using database = connect({ url, max: 1 })
  const found = await database.sql`select from pg_database where datname = 'tenant_router'`
  if (found.count === 0) await database.sql`create database tenant_router`
}
