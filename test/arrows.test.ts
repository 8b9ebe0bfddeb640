import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { checkArrows, unusedArrows } from '../scripts/arrows/check.ts'
import { readSourceTree } from '../scripts/arrows/source-tree.ts'
import { roomArrows } from '../scripts/arrows/table.ts'
import { checkDoubleNames } from '../scripts/double-names.ts'
import { temporaryFolder } from './embedded/temporary-folder.ts'

const src = fileURLToPath(new URL('../src', import.meta.url))

/** A made-up `src`. */
function faultsOf(files: Record<string, string>): readonly string[] {
  return checkArrows(new Map(Object.entries(files)))
}

describe('the files of src', () => {
  test('keep to the arrows, packages and sizes of the table', async () => {
    expect(checkArrows(await readSourceTree(src))).toEqual([])
  })

  test('are read, all of them', async () => {
    const tree = await readSourceTree(src)
    expect(tree.size).toBeGreaterThan(20)
    expect(tree.get('errors.ts')).toContain('class AppError')
  })

  test('do not include packages that are installed beside them', async () => {
    await using folder = await temporaryFolder()
    for (const name of ['a.ts', 'node_modules/b/c.ts', 'd/node_modules/e.ts']) {
      const path = join(folder.path, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, '')
    }
    expect([...(await readSourceTree(folder.path)).keys()]).toEqual(['a.ts'])
  })

  test('are in rooms that docs/architecture.md shows', async () => {
    const page = await readFile(new URL('../docs/architecture.md', import.meta.url), 'utf8')
    const missing = Object.keys(roomArrows).filter((room) => !page.includes(`${room}/`) && !page.includes(`${room}.ts`))
    expect(missing).toEqual([])
  })
})

describe('the check of arrows', () => {
  test('finds nothing wrong with arrows that the table has', () => {
    expect(
      faultsOf({
        'errors.ts': 'export const a = 1\n',
        'stores/store.ts': "import type { P } from '../placement/p.ts'\nimport { a } from '../errors.ts'\n",
        'placement/p.ts': "import { createHash } from 'node:crypto'\nexport type P = string\n",
        'rag/retrieve/search-tenant.ts': "import type { Store } from '../../stores/store.ts'\n",
      }),
    ).toEqual([])
  })

  test.each([
    ['registry/a.ts', '../stores/b.ts'],
    ['stores/a.ts', '../registry/b.ts'],
    ['rag/a.ts', '../moves/b.ts'],
    ['moves/a.ts', '../rag/b.ts'],
    ['tenants/a.ts', '../http/b.ts'],
    ['http/a.ts', '../cli/b.ts'],
    ['placement/a.ts', '../db/b.ts'],
    ['services.ts', './embedded/b.ts'],
    ['main.ts', './pinecone-local/b.ts'],
    ['pinecone-local/a.ts', '../errors.ts'],
  ])('fails on %s importing %s', (path, specifier) => {
    const target = new URL(specifier, `file:///${path}`).pathname.slice(1)
    expect(faultsOf({ [path]: `import { b } from '${specifier}'\n`, [target]: 'export const b = 1\n' })).toEqual([
      expect.stringContaining(`${path}: imports ${target}; no arrow goes from`),
    ])
  })

  test.each([
    ['a type alone', "import type { B } from '../registry/b.ts'\n"],
    ['several lines', "import {\n  type B,\n  c,\n} from '../registry/b.ts'\n"],
    ['a re-export', "export { c } from '../registry/b.ts'\n"],
    ['a namespace', "import * as b from '../registry/b.ts'\n"],
    ['an effect', "import '../registry/b.ts'\n"],
    ['an import at run time', "const b = await import('../registry/b.ts')\n"],
    ['an import after code', "export const a = { b: 1 }\nexport const c = 'x'\nimport { d } from '../registry/b.ts'\n"],
  ])('sees an import by %s', (_form, text) => {
    expect(faultsOf({ 'stores/a.ts': text, 'registry/b.ts': '' })).toEqual([
      'stores/a.ts: imports registry/b.ts; no arrow goes from stores to registry',
    ])
  })

  test('fails on a circle of files, within one room too', () => {
    expect(
      faultsOf({
        'rag/a.ts': "import { b } from './b.ts'\n",
        'rag/b.ts': "import { c } from './c.ts'\n",
        'rag/c.ts': "import type { A } from './a.ts'\n",
      }),
    ).toEqual(['a circle: rag/a.ts → rag/b.ts → rag/c.ts → rag/a.ts'])
  })

  test('fails on a circle of folders, though no file is in one', () => {
    const files = {
      'moves/verify/a.ts': "import { b } from '../copy/b.ts'\n",
      'moves/copy/b.ts': '',
      'moves/copy/c.ts': "import { d } from '../verify/d.ts'\n",
      'moves/verify/d.ts': '',
    }
    expect(faultsOf(files)).toEqual([
      'moves/copy/c.ts: imports moves/verify/d.ts; no arrow goes from moves/copy to moves/verify',
      'a circle of folders: moves/verify → moves/copy → moves/verify',
    ])
  })

  test('fails on an arrow of the table that nobody uses', () => {
    const tree = new Map([
      ['stores/a.ts', "import { b } from '../errors.ts'\n"],
      ['errors.ts', ''],
    ])
    expect(unusedArrows(tree)).toContain('no file uses the arrow from stores to placement')
    expect(unusedArrows(tree)).not.toContain('no file uses the arrow from stores to errors')
  })

  test('fails on a circle that is reached from a file outside it', () => {
    expect(
      faultsOf({
        'rag/a.ts': "import { b } from './b.ts'\n",
        'rag/b.ts': "import { c } from './c.ts'\n",
        'rag/c.ts': "import { b } from './b.ts'\n",
      }),
    ).toEqual(['a circle: rag/b.ts → rag/c.ts → rag/b.ts'])
  })

  test.each([
    ['process.env', 'export const port = process.env.PORT\n'],
    ['process.env by a name', "export const port = process['env'].PORT\n"],
    ['env of node:process', "import { env } from 'node:process'\n"],
  ])('fails on %s outside config/config.ts', (_form, text) => {
    expect(faultsOf({ 'http/a.ts': text })).toEqual([expect.stringContaining('http/a.ts: reads the environment')])
    expect(faultsOf({ 'config/config.ts': text })).toEqual([])
  })

  test('lets a comment speak of the environment', () => {
    expect(
      faultsOf({ 'http/a.ts': '// not process.env\n/** nor process.env here */\nconst a = 1 // or process.env\n' }),
    ).toEqual([])
  })

  test.each([
    ['@pinecone-database/pinecone', 'rag/a.ts', 'stores/pinecone.ts'],
    ['openai', 'models/embedder.ts', 'models/openai.ts'],
    ['jose', 'http/a.ts', 'auth/verify-token.ts'],
    ['drizzle-orm/pg-core', 'http/a.ts', 'registry/a.sql.ts'],
    ['postgres', 'rag/a.ts', 'db/connect.ts'],
  ])('keeps %s out of %s and lets it be in %s', (specifier, wrong, right) => {
    const text = `import { x } from '${specifier}'\n`
    expect(faultsOf({ [wrong]: text })).toEqual([expect.stringContaining(`${wrong}: may not import`)])
    expect(faultsOf({ [right]: text })).toEqual([])
  })

  test('lets the type of a logger be named anywhere, and a logger be made in log.ts only', () => {
    expect(faultsOf({ 'rag/a.ts': "import type { Logger } from 'pino'\n" })).toEqual([])
    expect(faultsOf({ 'rag/a.ts': "import { pino } from 'pino'\n" })).toEqual([
      expect.stringContaining('may not import pino'),
    ])
  })

  test.each([
    ['a package without a row', { 'rag/a.ts': "import leftPad from 'left-pad'\n" }, 'left-pad has no row'],
    ['a room without a row', { 'plugins/a.ts': '' }, 'the room "plugins" has no row'],
    ['an import of tests', { 'rag/a.ts': "import { b } from '../../test/support/b.ts'\n" }, 'outside src'],
    ['an import of a file that is not there', { 'rag/a.ts': "import { b } from './b.ts'\n" }, 'not there'],
    ['waiting in placement', { 'placement/a.ts': 'export async function choose() {}\n' }, 'waits'],
    ['a clock in placement', { 'placement/a.ts': 'export const now = () => Date.now()\n' }, 'waits'],
    ['a file of 251 lines', { 'rag/a.ts': 'const a = 1\n'.repeat(251) }, '251 lines'],
    [
      'a folder of 28 files',
      Object.fromEntries(Array.from({ length: 28 }, (_, at) => [`rag/a${at}.ts`, ''])),
      '28 files',
    ],
  ] as const)('fails on %s', (_what, files, words) => {
    expect(faultsOf(files)).toEqual([expect.stringContaining(words)])
  })

  test('takes a file of 250 lines', () => {
    expect(faultsOf({ 'rag/a.ts': 'const a = 1\n'.repeat(250) })).toEqual([])
  })
})

test('the check of names fails on a name that two files export, and lets a file use a name of its own', () => {
  const files = {
    'rag/a.ts': 'export interface Found {}\n',
    'cli/b.ts': 'export type Found = string\nconst a = 1\n',
    'db/c.ts': 'const a = 2\n',
  }
  expect(checkDoubleNames(new Map(Object.entries(files)))).toEqual(['Found is exported by rag/a.ts and cli/b.ts'])
})
