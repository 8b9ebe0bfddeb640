import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Closed to everyone else, as a home folder is. */
export async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'tenant-router-embedded-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
