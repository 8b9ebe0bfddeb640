import { readFile, writeFile } from 'node:fs/promises'
import { type Setting, type SettingName, settings } from '../src/config/settings.ts'

const begin = '<!-- settings: made by `node scripts/settings-table.ts`, checked by `npm run check` -->'
const end = '<!-- /settings -->'

/** Headings of the tables, each with the setting that is the first below it, in the order of `settings`. */
const groups: readonly { readonly heading: string; readonly first: SettingName }[] = [
  { heading: 'Listeners', first: 'PORT' },
  { heading: 'Postgres', first: 'DATABASE_URL' },
  { heading: 'Pinecone', first: 'PINECONE_API_KEY' },
  { heading: 'Embeddings, and OpenAI-compatible endpoints', first: 'EMBEDDING_PROVIDER' },
  { heading: 'Search and answers', first: 'RETRIEVE_MODE' },
  { heading: 'Tokens', first: 'JWT_ISSUER' },
  { heading: 'Limits and cache', first: 'RATE_LIMIT_STORE' },
  { heading: 'Uploads', first: 'INGEST_AT_ONCE' },
  { heading: 'Moves', first: 'MOVE_RETENTION_H' },
  { heading: 'Leases and the store’s bounds', first: 'SESSION_LEASE_S' },
  { heading: 'Log and traces', first: 'LOG_LEVEL' },
]

/** Faults of README's settings tables, one sentence each; none when they say what the service reads. */
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
  const faults = [...wrong, ...unknown.map((name) => `README.md's settings table has ${name}, which nothing reads.`)]
  const isWhole = readme.includes(settingsTable())
  return faults.length > 0 || isWhole
    ? faults
    : ['README.md has its settings below other headings: run `node scripts/settings-table.ts`.']
}

function nameOf(line: string): string {
  return line.split('`')[1] ?? ''
}

function row(setting: Setting): string {
  const value = setting.default === undefined ? '—' : setting.default === '' ? 'empty' : `\`${setting.default}\``
  return `| \`${setting.name}\` | ${value} | ${setting.meaning}${setting.secret ? ' (secret)' : ''} |`
}

/** The tables with their headings and marks, as README should have them. A new setting joins the group before it. */
export function settingsTable(): string {
  const tables = settings.flatMap((setting) => {
    const group = groups.find(({ first }) => first === setting.name)
    if (group === undefined) return [row(setting)]
    return ['', `### ${group.heading}`, '', '| name | default | meaning |', '|---|---|---|', row(setting)]
  })
  return [begin, ...tables, '', end].join('\n')
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
