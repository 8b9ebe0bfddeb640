import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { behaviourTables } from './behaviour.ts'

test('docs/resilience.md has the table that these tests are driven by (node test/resilience/behaviour.ts makes it)', async () => {
  const page = await readFile(new URL('../../docs/resilience.md', import.meta.url), 'utf8')
  expect(page).toContain(behaviourTables())
})
