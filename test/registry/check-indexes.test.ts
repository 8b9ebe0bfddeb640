import { expect, test } from 'vitest'
import { checkIndexes } from '../../src/registry/indexes.ts'
import { testDatabase } from '../support/database.ts'
import { seedTenant } from '../support/seed.ts'

test('an index made with another model, dimension or metric is refused by name', async () => {
  await using database = await testDatabase()
  await checkIndexes(database.db, { model: 'test', dimension: 4 })
  await seedTenant(database, { dimension: 4, indexName: 'tr-pool-1' })
  await checkIndexes(database.db, { model: 'test', dimension: 4 })
  for (const other of [
    { model: 'other', dimension: 4 },
    { model: 'test', dimension: 8 },
  ]) {
    await expect(checkIndexes(database.db, other)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('Index tr-pool-1 was made for test with 4 dimensions'),
    })
  }
  await checkIndexes(database.db, { model: 'test', dimension: 4, metric: 'cosine' })
  await expect(checkIndexes(database.db, { model: 'test', dimension: 4, metric: 'dotproduct' })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/Index tr-pool-1 was made with the metric cosine.*INDEX_METRIC/),
  })
  await database.sql`update indexes set state = 'deleted'`
  await checkIndexes(database.db, { model: 'other', dimension: 8 })
})
