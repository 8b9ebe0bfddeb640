import { expect, test } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { prepareDatabase } from '../../src/dev/prepare-database.ts'
import { testDatabase } from '../support/database.ts'

test("the embedded store's indexes get its new address, and no other's", async () => {
  await using copy = await testDatabase()
  await using database = connect({ url: copy.url, max: 1 })
  await database.sql`
    insert into indexes (project, name, kind, ordinal, host, cloud, region, embedding_model, dimension, metric, namespace_limit, namespaces_used, state)
    select project, name, 'pool', n, host, 'aws', 'us-east-1', 'm', 4, 'cosine', 10, 0, 'ready'
    from (values
      ('default', 'moved', 1, 'http://127.0.0.1:5001/_index/moved'),
      ('default', 'vendor', 2, 'https://vendor-abc.svc.pinecone.io'),
      ('second', 'elsewhere', 3, 'http://127.0.0.1:5002/_index/elsewhere')) as row (project, name, n, host)`
  await prepareDatabase(copy.url, { name: 'default', controllerHost: 'http://127.0.0.1:6001' })
  expect(await database.sql`select name, host from indexes order by name`).toEqual([
    { name: 'elsewhere', host: 'http://127.0.0.1:5002/_index/elsewhere' },
    { name: 'moved', host: 'http://127.0.0.1:6001/_index/moved' },
    { name: 'vendor', host: 'https://vendor-abc.svc.pinecone.io' },
  ])
})
