import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

/**
 * Reports the process of each test file to the watchdog before the file runs, since a file may hang from its first line
 * on.
 */
const folder = process.env.TEST_FILES_FOLDER
if (folder !== undefined) writeFileSync(join(folder, String(process.pid)), expect.getState().testPath ?? '')
