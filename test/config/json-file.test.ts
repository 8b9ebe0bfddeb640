import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { enough } from './enough.ts'

const names = ['PINECONE_PROJECTS', 'EMBEDDING_MODELS', 'RATE_LIMITS', 'MOVE_POLICY', 'PRICE_LIST']

async function faultsWith(content: string | undefined): Promise<string> {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'settings.json')
  if (content !== undefined) await writeFile(path, content)
  try {
    readConfig({ ...enough, ...Object.fromEntries(names.map((name) => [name, path])) })
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

function lineOf(message: string, name: string): string | undefined {
  return message.split('\n').find((line) => line.startsWith(`  ${name} names `))
}

test.each([
  ['is not there', undefined, 'which cannot be read (ENOENT)'],
  ['is not JSON', '{"promote": secret-key', 'which is not JSON'],
])(
  'of every setting that names a file, one that %s is told together with all other faults',
  async (_, content, why) => {
    const message = await faultsWith(content)
    for (const name of names) expect(lineOf(message, name)).toContain(why)
    expect(message).not.toContain('secret')
  },
)

test('a fault of the price list is reported with those of the other settings', async () => {
  const message = await faultsWith('{"asOf":"2026-01-01","plan":"ours","otherwise":{"perMillionReadUnits":-1}}')
  expect(message).toContain('which has a fault: otherwise.perMillionReadUnits of the price list is not a price.')
  expect(message).toContain('MOVE_POLICY')
})
