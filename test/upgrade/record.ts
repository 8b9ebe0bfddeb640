import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Papa from 'papaparse'
import postgres from 'postgres'
import { columnsOf, type Release, refusal } from './release.ts'

/**
 * Makes the record of a release from Postgres's logs: `RECORD_STATEMENTS=FOLDER npx vitest run FILE…`, then
 * `npm run record:release -- FOLDER VERSION MIGRATION URL`, where the URL is that of a database of the release.
 */
const [folder = '', version = '', migration = '', url = ''] = process.argv.slice(2)

/** Columns of Postgres's CSV log (docs: csvlog). */
const [messageAt, applicationAt] = [13, 22]
/** Replicas of the tests' worlds; not the tests themselves, nor `migrate`. */
const isReplica = (name: string) => /^(tenant-router( lease| limits)?|replica \d+) #/.test(name)

const found = new Map<string, string>()
for (const file of (await readdir(folder)).filter((name) => name.endsWith('.csv'))) {
  const { data } = Papa.parse<string[]>(await readFile(join(folder, file), 'utf8'))
  for (const row of data) {
    if (!isReplica(row[applicationAt] ?? '')) continue
    const text = /^(?:execute <unnamed>|statement): (.*)$/s
      .exec(row[messageAt] ?? '')?.[1]
      ?.replace(/\s+/g, ' ')
      .trim()
    if (text === undefined || !/^(select|insert|update|delete|with) /i.test(text)) continue
    // Lists of values differ in length alone.
    const shape = text
      .replace(/\$\d+/g, '$')
      .replace(/\((?:\$, ?|default, ?)*(?:\$|default)\)(?:, ?\((?:\$, ?|default, ?)*(?:\$|default)\))*/g, '($)')
    const kept = found.get(shape)
    if (kept === undefined || text.length < kept.length) found.set(shape, text)
  }
}
const sql = postgres(url, { max: 1, prepare: false, onnotice: () => undefined })
const statements: string[] = []
let left = 0
for (const text of [...found.values()].toSorted()) {
  // The driver sends types with some; without them these can't be prepared at all.
  if ((await refusal(sql, text)) === undefined) statements.push(text)
  else left += 1
}
const byTable = Map.groupBy(await columnsOf(sql), ({ table }) => table)
const columns = Object.fromEntries(
  [...byTable].map(([table, list]) => [table, list.map(({ column }) => column)] as const),
)
await sql.end()
const release: Release = { version, migration, statements, columns }
await writeFile(new URL(`./${version}.json`, import.meta.url), `${JSON.stringify(release, null, 1)}\n`)
console.log(`${statements.length} statements; ${left} can't be prepared without their types and were left out`)
