import { readdir, readFile } from 'node:fs/promises'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { faultsFor, type Release } from './release.ts'

const folder = new URL('./', import.meta.url)
const releases: Release[] = []
for (const file of (await readdir(folder)).filter((name) => name.endsWith('.json')))
  releases.push(JSON.parse(await readFile(new URL(file, folder), 'utf8')))

/** Faults that a release would meet on the schema of now, after a change of it. */
async function faultsAfter(release: Release, change?: string): Promise<readonly string[]> {
  await using home = await testDatabase()
  const sql = postgres(home.url, { max: 1, prepare: false, onnotice: () => undefined })
  try {
    if (change !== undefined) await sql.unsafe(change)
    return await faultsFor(release, sql)
  } finally {
    await sql.end()
  }
}

test.each(releases)('every statement of $version is taken by the schema of now', async (release) => {
  expect(release.statements.length).toBeGreaterThan(150)
  expect(await faultsAfter(release)).toEqual([])
})

test.each([
  ['alter table tenants drop column name cascade', 'column "name"'],
  ['alter table places rename to spots', 'relation "places"'],
  ['alter table documents add column shard integer not null', 'documents.shard is new and needs a value'],
])('a migration that does "%s" is noticed', async (change, words) => {
  const [release] = releases as [Release]
  expect((await faultsAfter(release, change)).join('\n')).toContain(words)
})
