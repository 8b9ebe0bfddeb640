import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listTenants } from '../../src/tenants/list-tenants.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let home: TestDatabase

/** More tenants than a search looks at before it looks anywhere: `t-0000` and so on, every 100th one enterprise. */
const many = 2_600

beforeAll(async () => {
  home = await testDatabase()
  await home.sql`
    insert into tenants (id, name, tier, status, attributes)
    select 't-' || lpad(n::text, 4, '0'), 'Shop ' || n, case when n % 100 = 0 then 'enterprise' else 'standard' end, 'active',
      jsonb_build_object('crmId', 'acc-' || (9999 - n), 'owner', case when n % 500 = 7 then 'Ines "Otter" Ortega' else 'Sam' end)
    from generate_series(0, ${many - 1}) n`
  await home.sql`analyze tenants`
})
afterAll(() => home[Symbol.asyncDispose]())

/** All pages of a search, which are of seven tenants. */
async function found(filter: Omit<Parameters<typeof listTenants>[1], 'limit'>): Promise<readonly string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await listTenants(home, { ...filter, limit: 7, cursor })
    expect(page.items.length).toBeLessThanOrEqual(7)
    ids.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return ids
}

const numbered = (numbers: readonly number[]) => numbers.map((n) => `t-${String(n).padStart(4, '0')}`)
const range = (first: number, last: number, step = 1) =>
  Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, n) => first + n * step)

describe.each(['with trigrams', 'in a Postgres without pg_trgm'])('%s', (how) => {
  beforeAll(async () => {
    if (how === 'with trigrams') {
      expect(await home.sql`select from pg_indexes where indexname = 'tenants_searched'`).toHaveLength(1)
    } else {
      await home.sql`drop extension pg_trgm cascade`
    }
  })

  test.each([
    ['at the end of the list', { search: 'SHOP 259' }, numbered([259, ...range(2590, 2599)])],
    ['on both sides of the head', { search: 'shop 25' }, numbered([25, ...range(250, 259), ...range(2500, 2599)])],
    ['by an account', { search: 'ACC-7400' }, numbered([2599])],
    ['by a value with quotes', { search: 'ines "o' }, numbered(range(7, 2507, 500))],
    ['of one tier', { search: 'shop', tier: 'enterprise' as const }, numbered(range(0, 2500, 100))],
    ['none, for the name of an attribute', { search: 'crmid' }, []],
    ['none, of another status', { search: 'shop 25', status: 'suspended' as const }, []],
  ])('a search finds tenants %s, page by page', async (_where, filter, expected) => {
    expect(await found(filter)).toEqual(expected)
  })
})
