import { sql } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { testDatabase } from '../support/database.ts'

test.each(['while it waits for something else', 'while a statement runs'])(
  'a transaction whose connection is cut %s fails, sends nothing more, and the pool goes on',
  async (moment) => {
    await using home = await testDatabase()
    await using database = connect({ url: home.url, max: 1, applicationName: 'to be cut' })
    let after: unknown
    const isOver = Promise.withResolvers<void>()
    const transaction = database.db.transaction(async (tx) => {
      await tx.execute(sql`select 1`)
      const cut = home.sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and starts_with(application_name, 'to be cut #')`
      if (moment === 'while a statement runs') await Promise.all([tx.execute(sql`select pg_sleep(5)`), cut])
      await cut
      await isOver.promise
      after = await tx.execute(sql`select 2`).catch((error: unknown) => error)
      throw after
    })
    await expect(transaction).rejects.toThrow(/closed|terminat/i)
    isOver.resolve()
    // The driver may reject the first statement of the next connection with the last one's end.
    await vi.waitFor(async () => expect(await database.sql`select 3 as three`).toEqual([{ three: 3 }]), {
      timeout: 60_000,
    })
    expect(after instanceof Error).toBe(moment !== 'while a statement runs')
  },
)
