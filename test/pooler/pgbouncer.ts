import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../src/embedded/free-port.ts'
import { postgresAccount } from '../../src/embedded/postgres-account.ts'

export interface PgBouncer extends AsyncDisposable {
  readonly url: string
  readonly version: string
}

/** Paths of Debian and Homebrew, for a PATH without it. */
const places = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/opt/homebrew/bin/pgbouncer', '/usr/local/bin/pgbouncer']

/** Starts the machine's PgBouncer in transaction mode in front of a Postgres, with few sessions that change hands often. */
export async function startPgBouncer(to: string, folder: string): Promise<PgBouncer> {
  const program = await findProgram()
  const [target, port, account] = [new URL(to), await freePort(), await postgresAccount()]
  await mkdir(folder, { recursive: true })
  const config = join(folder, 'pgbouncer.ini')
  const database = `host=${target.hostname} port=${target.port} user=${target.username} password=${target.password}`
  await writeFile(
    config,
    `[databases]
* = ${database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 6
server_round_robin = 1
`,
  )
  await chmod(folder, 0o755)
  if (account !== undefined) for (const path of [folder, config]) await chown(path, account.uid, account.gid)
  const version = await said(spawn(program, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] }))
  const child = spawn(program, [config], { ...account, stdio: ['ignore', 'inherit', 'pipe'] })
  await untilSaid(child, 'process up')
  const url = new URL(to)
  url.port = String(port)
  return {
    url: url.href,
    version: version.split('\n')[0] ?? '',
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

async function findProgram(): Promise<string> {
  for (const path of places) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    )
    if (isThere) return path
  }
  throw new Error('PgBouncer is not installed: apt install pgbouncer, or brew install pgbouncer.')
}

async function said(child: ChildProcess): Promise<string> {
  let text = ''
  child.stdout?.on('data', (bytes) => (text += bytes))
  await once(child, 'close')
  return text
}

function untilSaid(child: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stderr?.on('data', (bytes) => {
      text += bytes
      if (text.includes(word)) resolve()
    })
    child.once('exit', () => reject(new Error(`PgBouncer did not start:\n${text}`)))
  })
}
