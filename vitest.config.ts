import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/tell-file.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Machines differ by a factor of five, and a test may share its machine with heavier ones, which makes it slower by
    // another ten: these limits end what hangs, and nothing else. The watchdog ends what they can't.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // What is waited for comes in a moment, and on a busy machine later: the usual second is not enough there.
    expect: { poll: { timeout: 60_000 } },
  },
})
