import { expect, test, vi } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { closeEntries, intend } from '../../src/routing/write-log/change-log.ts'
import { testDatabase } from '../support/database.ts'
import { seedTenant } from '../support/seed.ts'

const moveId = '7f9c24e8-3b12-4f0e-9d3a-1c2b3a4d5e6f'

async function world() {
  const home = await testDatabase()
  await seedTenant(home)
  const intent = { tenantId: parseTenantId('acme'), moveId, epoch: 1, kind: 'put' as const, mayLandMs: 60_000 }
  return { home, write: (ids: readonly string[]) => intend(home.db, { ...intent, ids }) }
}

test('writes that end take the records in the order of intents, so that the two never wait in a circle', async () => {
  const { home, write } = await world()
  await using _ = home
  const backwards = new Map<string, number>()
  for (const id of ['z', 'm', 'a']) {
    const intended = await write([id])
    if (intended.kind === 'intended') for (const [one, seq] of intended.seqs) backwards.set(one, seq)
  }
  await using other = connect({ url: home.url, max: 1 })
  await other.sql
    .begin(async (tx) => {
      await tx`select 1 from dirty where record_id = 'a' for update`
      const settled = closeEntries(home.db, moveId, backwards, { kind: 'done', isStamped: true })
      await vi.waitFor(
        async () => {
          const waiting =
            await home.sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
          expect(waiting.length).toBeGreaterThan(0)
        },
        { timeout: 60_000 },
      )
      expect(await tx`select record_id from dirty where record_id <> 'a' for update nowait`).toHaveLength(2)
      return { settled }
    })
    .then(({ settled }) => settled)
  expect((await home.sql`select state from dirty`).map((row) => row.state)).toEqual(['done', 'done', 'done'])
})

test('a settlement that the registry refuses for the moment is made again at once', async () => {
  const { home, write } = await world()
  await using _ = home
  const intended = await write(['a'])
  if (intended.kind !== 'intended') throw new Error(intended.kind)
  await home.sql`create sequence refusals`
  await home.sql`create function no() returns trigger language plpgsql as $$ begin
    if nextval('refusals') < 3 then raise exception using errcode = '40P01'; end if;
    return new; end $$`
  await home.sql`create trigger no before update on dirty for each row execute function no()`
  await closeEntries(home.db, moveId, intended.seqs, { kind: 'done', isStamped: true })
  expect(await home.sql`select state from dirty`).toMatchObject([{ state: 'done' }])
})
