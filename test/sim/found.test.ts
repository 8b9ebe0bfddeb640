import { afterAll, beforeAll, test } from 'vitest'
import { stageRace } from '../races/stage-race.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { found } from './found.ts'
import { foundTransforms } from './found-transforms.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

test.for([...found, ...foundTransforms])('$name', (race) => stageRace(database.url, race))
