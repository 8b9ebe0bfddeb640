import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const begin = '<!-- pairs: made by `node scripts/glossary-pairs.ts`, checked by `npm run check` -->'
const end = '<!-- /pairs -->'
const page = join(import.meta.dirname, '../docs/glossary.md')

/** Checks that the glossary's table of names that differ between code and Postgres matches the schema files. */
export async function checkGlossaryPairs(): Promise<string[]> {
  const [text, pairs] = await Promise.all([readFile(page, 'utf8'), glossaryPairs()])
  return text.includes(pairs) ? [] : ['docs/glossary.md: the pairs are old: run `node scripts/glossary-pairs.ts`']
}

async function glossaryPairs(): Promise<string> {
  const folder = join(import.meta.dirname, '../src')
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.sql.ts')).sort()
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))
  const rows = texts.flatMap((text) => tablesOf(text).flatMap(pairsOf))
  return [begin, '| in code | in Postgres |', '|---|---|', ...rows, end].join('\n')
}

interface Table {
  readonly code: string
  readonly name: string
  /** Lines of its columns, up to the start of the next table. */
  readonly body: string
}

function tablesOf(text: string): readonly Table[] {
  const heads = [...text.matchAll(/^export const (\w+) = pg(?:Table|Sequence)\(\s*'(\w+)'/gm)]
  return heads.map((head, at) => ({
    code: head[1] ?? '',
    name: head[2] ?? '',
    body: text.slice(head.index, heads[at + 1]?.index),
  }))
}

function pairsOf({ code, name, body }: Table): readonly string[] {
  const columns = [...body.matchAll(/^\s+(\w+): [a-z]\w*\(\s*'(\w+)'/gm)].flatMap(([, property = '', column = '']) =>
    inPostgres(property) === column ? [] : [`| \`${code}.${property}\` | \`${name}.${column}\` |`],
  )
  return inPostgres(code) === name ? columns : [`| \`${code}\` | \`${name}\` |`, ...columns]
}

/** The default name of a column: `moverToken` is `mover_token`. */
function inPostgres(name: string): string {
  return name.replaceAll(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase()
}

if (import.meta.main) {
  const text = await readFile(page, 'utf8')
  const [before, rest] = text.split(begin)
  await writeFile(page, `${before}${await glossaryPairs()}${rest?.split(end)[1] ?? '\n'}`)
}
