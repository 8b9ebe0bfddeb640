import { expect, test } from 'vitest'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { startEntry } from './run-entry.ts'

test('the tour ends with every claim held', async () => {
  await using folder = await temporaryFolder()
  await using entry = startEntry('demo.ts', { DATA_DIR: folder.path })
  const code = await entry.ended
  expect(entry.printed()).not.toContain('✗')
  expect(entry.printed()).toMatch(/All \d+ claims held/)
  expect(code).toBe(0)
})
