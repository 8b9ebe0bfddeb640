import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

/** Before each test file: tells the watchdog which process runs it, at once, for a file may hang from its first line on. */
const folder = process.env.TEST_FILES_FOLDER
if (folder !== undefined) writeFileSync(join(folder, String(process.pid)), expect.getState().testPath ?? '')
