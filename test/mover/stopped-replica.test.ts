import { expect, test, vi } from 'vitest'
import { startEntry } from '../e2e/run-entry.ts'
import { MoverWorld } from './mover-world.ts'

test('a replica that gets SIGTERM under a move gives the move back, and ends in order', async () => {
  await using world = await MoverWorld.open()
  const { home, local, issuer } = world.service
  const { issuer: name, audience, jwksUrl } = issuer.settings
  const a = await world.replica({ MOVER: 'here' })
  await world.tenant(a, 'acme', 250)
  world.holdFetches()
  const id = await world.promote(a, 'acme')
  const former = await world.untilCopying(id)
  expect(a.threads).toHaveLength(0)
  await a.services[Symbol.asyncDispose]()
  await using replica = startEntry('main.ts', {
    HOST: '127.0.0.1',
    PORT: '0',
    ADMIN_PORT: '0',
    LOG_LEVEL: 'info',
    DRAIN_S: '0',
    DATABASE_URL: home.url,
    PINECONE_API_KEY: 'local',
    PINECONE_CONTROLLER_HOST: local.local.url,
    INDEX_PREFIX: 'tr',
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    EMBEDDING_MODEL: 'hash',
    EMBEDDING_DIMENSION: '64',
    JWT_ISSUER: name,
    JWT_AUDIENCE: audience,
    JWT_JWKS_URL: jwksUrl,
    STORE_VISIBLE_S: '1',
    STORE_IN_DOUBT_S: '1',
  })
  await vi.waitFor(
    async () => {
      const [row] = await home.sql`select mover_token, mover_lease_until from moves where id = ${id}`
      expect(Number(row?.mover_token)).toBeGreaterThan(former)
      expect(row?.mover_lease_until).not.toBeNull()
    },
    { timeout: 60_000 },
  )
  replica.child.kill('SIGTERM')
  expect(await replica.ended).toBe(0)
  expect(replica.printed()).toContain('release leases, pools and workers')
  expect(replica.printed()).not.toContain('did not give its moves back in time')
  const [left] = await home.sql`select mover_lease_until, state from moves where id = ${id}`
  expect(left).toMatchObject({ mover_lease_until: null, state: 'copying' })
})
