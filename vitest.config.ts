import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/tell-file.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Machines differ by a factor of five, and each test shares its machine: what hangs is ended by the watchdog.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // What is waited for comes in a moment, and on a busy machine later: the usual second is not enough there.
    expect: { poll: { timeout: 20_000 } },
  },
})
