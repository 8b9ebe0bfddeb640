import { expect, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { runCli } from '../cli/run-cli.ts'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { ServiceWorld } from '../support/service-world.ts'

const patient = { timeout: 120_000, interval: 100 }

test('a soaking move is compared again while its app writes, and shows what somebody removed behind its back', async () => {
  await using world = await ServiceWorld.open()
  const moveSettings = { readGraceMs: 0, staleReadsMs: 0, verifyAgainMs: 300 }
  const [one, other] = [await world.replica({}, { moveSettings }), await world.replica({}, { moveSettings })]
  world.local.local.setFaults({ lagMs: 300 })
  const app = await world.onboard(one, 'acme')
  const authorization = await world.issuer.staff('platform')
  const write = async (n: number, replica = one) => {
    const vectors = [{ id: `own-${n % 20}`, values: bagOfWords(`word ${n}`), metadata: { n } }]
    expectStatus(await replica.public({ path: '/vectors/upsert', authorization: app, body: { vectors } }), 200)
  }
  for (let n = 0; n < 20; n += 1) await write(n)
  const { routes } = one.services
  const old = world.local.connect().open((await routes.find(parseTenantId('acme'))).routing.active)
  const { id } = (await one.admin({ path: '/tenants/acme/moves', authorization, body: { kind: 'promote' } })).json
  const move = async () => (await other.admin({ path: `/moves/${id}`, authorization })).json
  await expect.poll(async () => (await move()).state, patient).toBe('soaking')
  const { verification } = await move()
  for (let n = 0; (await move()).verified.at === verification.verifiedAt; n += 1) await write(n, n % 2 ? one : other)
  expect((await move()).verified).toMatchObject({ isStale: false, different: 0 })

  // Nobody writes any more, and every row leaves the change log once it was carried back, compared or not: what an app
  // wrote last is compared with its next write. Only then a record is nobody's.
  const rowsLeft = async () => {
    await world.home.sql`delete from dirty where move_id = ${id} and state = 'done' and synced_seq = seq`
    const [left] = await world.home.sql<{ n: number }[]>`select count(*)::int as n from dirty where move_id = ${id}`
    return left?.n
  }
  await expect.poll(rowsLeft, patient).toBe(0)
  await old.deleteIds(['own-3'])
  await expect.poll(async () => (await move()).verified.different, patient).toBe(1)
  expect((await move()).state).toBe('soaking')
  const listener = world.stack.use(await listen(one.services.adminApp, { host: '127.0.0.1', port: 0 }))
  const env = { TENANT_ROUTER_URL: listener.url, TENANT_ROUTER_TOKEN: authorization.replace('Bearer ', '') }
  const shown = await runCli(['moves', 'show', id], env)
  expect(shown.out).toMatch(/verified +\d+ (s|min) ago; 1 record\(s\) differ that nobody wrote/)
})
