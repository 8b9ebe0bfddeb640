import { expect, test } from 'vitest'
import { indexesWithoutModel } from '../../src/registry/indexes-without-model.ts'
import { testDatabase } from '../support/database.ts'
import { seedTenant } from '../support/seed.ts'

test('an index whose model, or its dimension, no setting names is named with both', async () => {
  await using database = await testDatabase()
  const made = { name: 'test', dimension: 4 }
  const other = { name: 'other', dimension: 8 }
  expect(await indexesWithoutModel(database.db, [])).toEqual([])
  await seedTenant(database, { dimension: 4, indexName: 'tr-pool-1' })
  expect(await indexesWithoutModel(database.db, [other, made])).toEqual([])
  for (const models of [[], [other], [{ ...made, dimension: 8 }]]) {
    const words = await indexesWithoutModel(database.db, models)
    expect(words).toEqual([expect.stringContaining('Index tr-pool-1 was made for test with 4 dimensions')])
  }
  await database.sql`update indexes set embedding_model = 'none'`
  expect(await indexesWithoutModel(database.db, [])).toEqual([])
  await database.sql`update indexes set embedding_model = 'test', state = 'deleted'`
  expect(await indexesWithoutModel(database.db, [])).toEqual([])
})
