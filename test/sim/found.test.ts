import { afterAll, beforeAll, test } from 'vitest'
import { stageRace } from '../races/stage-race.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { found } from './found.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

test.for(found)('$name', (race) => stageRace(database.url, race))
