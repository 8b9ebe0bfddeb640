import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { races } from './races.ts'
import { stageRace } from './stage-race.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

for (const race of races) {
  test(race.name, () => stageRace(database.url, race))
  test(`${race.name}, in lanes`, () => stageRace(database.url, race, { lanes: true }))
  test(`${race.name}, to another model`, () => stageRace(database.url, race, { transforms: true }))
}

test('every race that docs/moves.md names has its test, by its words', async () => {
  const page = await readFile(new URL('../../docs/moves.md', import.meta.url), 'utf8')
  const section = page.slice(page.indexOf('## 5. Races'), page.indexOf('## 6.'))
  const listed = [...section.matchAll(/^(\d+)\. (.+)$/gm)].map(([, number, words]) => `${number} ${words}`)
  expect(listed).toHaveLength(34)
  expect(races.map(({ name }) => name)).toEqual(listed)
})
