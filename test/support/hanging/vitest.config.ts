import { defineConfig } from 'vitest/config'

/** Configuration of `file-watchdog.test.ts`: files that hang, beside one that does not. */
export default defineConfig({
  test: {
    include: ['test/support/hanging/*.case.ts'],
    setupFiles: ['test/support/tell-file.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 500,
  },
})
