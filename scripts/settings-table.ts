import { readFile, writeFile } from 'node:fs/promises'
import { type Setting, settings } from '../src/config/settings.ts'

const begin = '<!-- settings: made by `node scripts/settings-table.ts`, checked by `npm run check` -->'
const end = '<!-- /settings -->'

/** What is wrong with README's settings table, one sentence a fault; nothing when it says what the service reads. */
export function checkSettingsTable(readme: string): string[] {
  const between = readme.split(begin)[1]?.split(end)[0]
  if (between === undefined) return [`README.md has no settings table: put ${begin} and ${end} where it belongs.`]
  const rows = new Map(between.split('\n').flatMap((line) => (line.startsWith('| `') ? [[nameOf(line), line]] : [])))
  const wrong = settings.flatMap((setting) => {
    const found = rows.get(setting.name)
    if (found === undefined) return [`README.md's settings table has no row for ${setting.name}.`]
    return found === row(setting) ? [] : [`README.md's row for ${setting.name} should be: ${row(setting)}`]
  })
  const known = new Set<string>(settings.map((setting) => setting.name))
  const unknown = [...rows.keys()].filter((name) => !known.has(name))
  return [...wrong, ...unknown.map((name) => `README.md's settings table has ${name}, which nothing reads.`)]
}

function nameOf(line: string): string {
  return line.split('`')[1] ?? ''
}

function row(setting: Setting): string {
  const value = setting.default === undefined ? '—' : setting.default === '' ? 'empty' : `\`${setting.default}\``
  return `| \`${setting.name}\` | ${value} | ${setting.meaning}${setting.secret ? ' (secret)' : ''} |`
}

/** The whole table with its marks, as README should have it. */
export function settingsTable(): string {
  return [begin, '| name | default | meaning |', '|---|---|---|', ...settings.map(row), end].join('\n')
}

if (import.meta.main) {
  const file = new URL('../README.md', import.meta.url)
  const readme = await readFile(file, 'utf8')
  const [before, rest] = readme.split(begin)
  const after = rest?.split(end)[1]
  if (after === undefined) {
    console.log(settingsTable())
  } else {
    await writeFile(file, `${before}${settingsTable()}${after}`)
  }
}
