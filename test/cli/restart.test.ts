import { afterEach, beforeEach, expect, test } from 'vitest'
import { ChaosWorld } from '../chaos/chaos-world.ts'
import { runCli } from './run-cli.ts'
import { startInTerminal } from './run-in-terminal.ts'

let world: ChaosWorld
beforeEach(async () => {
  world = await ChaosWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

test('a watched move goes on over a restart of the service, which is said once', async () => {
  const replica = await world.replica({ STORE_READ_TIMEOUT_S: '60' })
  const env = {
    TENANT_ROUTER_URL: replica.process.adminUrl,
    TENANT_ROUTER_TOKEN: world.platform.replace('Bearer ', ''),
  }
  const authorization = await world.onboard(replica, 'acme')
  const vectors = Array.from({ length: 40 }, (_, n) => ({ id: `r${n}`, values: [1, n, 0, 0] }))
  expect((await replica.public({ path: '/vectors/upsert', authorization, body: { vectors } })).status).toBe(200)
  // The copy waits for an answer that does not come, so the move can't end.
  world.stores.local.setFaults({ lagMs: 200, rules: [{ fault: 'latency', ms: 86_400_000, on: 'fetch' }] })
  const promoting = startInTerminal(['promote', 'acme', '--yes'], env)
  await promoting.shown('0 of 40 (0 %)')
  const { items } = JSON.parse((await runCli(['moves', 'list', '--json'], env)).out)
  const watching = startInTerminal(['moves', 'watch', items[0].id.slice(0, 8)], env)
  await watching.shown('0 of 40 (0 %)')

  await replica.process.kill()
  const lost = 'The connection is lost; the move goes on. Trying again for 2 minutes.'
  for (const run of [promoting, watching]) await run.shown('The connection is lost')
  world.stores.local.setFaults({ lagMs: 200, rules: [] })
  await replica.process.start()

  for (const run of [promoting, watching]) {
    const { code, raw, lines } = await run.ended
    const said = raw.replaceAll(/\s+/g, ' ')
    expect([code, said.split(lost)], raw).toEqual([
      0,
      [expect.any(String), expect.stringContaining('Connected again.')],
    ])
    expect(lines.filter((line) => line.startsWith('✓'))).toHaveLength(5)
    expect(said).toContain('Tenant acme is served from its new place.')
  }
})
