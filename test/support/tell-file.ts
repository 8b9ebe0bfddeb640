import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { startOf } from '../../src/embedded/process-identity.ts'
import type { ToldFile } from './file-watchdog.ts'

/**
 * Reports the process of each test file to the watchdog before the file runs, since a file may hang from its first line
 * on.
 */
const folder = process.env.TEST_FILES_FOLDER
if (folder !== undefined) {
  const told: ToldFile = { file: expect.getState().testPath ?? '', startedAs: startOf(process.pid) }
  // Whole at once, for the watchdog may be reading.
  const path = join(folder, String(process.pid))
  writeFileSync(`${path}.new`, JSON.stringify(told))
  renameSync(`${path}.new`, path)
}
