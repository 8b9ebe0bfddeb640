import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { StartupError } from './startup-error.ts'

const run = promisify(execFile)

/** The user that Postgres runs as. Postgres refuses to run as root, so root runs it as the user `postgres`. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/** Undefined when this process is not root: Postgres then runs as the same user. Creates the user if it is missing. */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const found = await lookUp()
  if (found !== undefined) return found
  try {
    await run('groupadd', ['--system', 'postgres']).catch(() => undefined)
    await run('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres'])
  } catch (error) {
    const message =
      'Postgres refuses to run as root, and a user for it could not be made: run as another user, or make one with "useradd --system postgres".'
    throw new StartupError(message, { cause: error })
  }
  return lookUp()
}

async function lookUp(): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return undefined
  }
}

/** Whether the account may enter `folder`; one inaccessible parent, as /root often is, keeps it out. */
export function mayEnter(account: Account, folder: string): boolean {
  return spawnSync('test', ['-x', `${folder}/.`], { uid: account.uid, gid: account.gid, cwd: '/' }).status === 0
}
