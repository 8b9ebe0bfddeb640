import { expect, test, vi } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { openLimits } from '../../src/parts/limits.ts'
import { readRoute } from '../../src/routing/read-route.ts'
import { testDatabase } from '../support/database.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { seedTenant } from '../support/seed.ts'

const env = {
  PINECONE_API_KEY: 'local',
  OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
  JWT_ISSUER: 'http://127.0.0.1:9',
  JWT_AUDIENCE: 'a',
  JWT_JWKS_URL: 'http://127.0.0.1:9/jwks',
}

test('permits do not wait while what has expired is forgotten, however long that takes', async () => {
  await using home = await testDatabase()
  const tenantId = await seedTenant(home)
  await home.sql`insert into idempotency_keys (owner, route, key, fingerprint, claim, claimed_until, expires_at)
    values ('acme', 'PUT /a', 'old', 'f', gen_random_uuid(), now(), now() - interval '1 hour')`
  const found = await readRoute(home.db, tenantId)
  if (!('found' in found)) throw new Error('the tenant is there')
  const { route } = found.found
  await using limits = openLimits(readConfig({ ...env, DATABASE_URL: home.url }), {
    db: home.db,
    routes: { find: () => route },
    tidyEveryMs: 200,
    clock: new ManualClock(), // an exchange that hangs is never given up
    onFault: () => undefined,
  })
  await home.sql.begin(async (holder) => {
    await holder`select 1 from idempotency_keys for update`
    const waits = () => home.sql`select 1 from pg_stat_activity
      where wait_event_type = 'Lock' and query ilike 'delete from "idempotency_keys"%'`
    await vi.waitFor(async () => expect(await waits()).not.toEqual([]), { timeout: 60_000, interval: 20 })
    const turn = await limits.admit({ kind: 'tenant', tenantId, subject: 's', scopes: new Set(), groups: [] }, false)
    expect(turn.refused).toBeUndefined()
    turn.end()
  })
})
