import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isAppError } from '../../src/errors.ts'
import { completeMove, rollbackMove } from '../../src/moves/steer-move.ts'
import type { TenantId } from '../../src/placement/tenant-id.ts'
import { contents, MoveWorld, platform, type Replica } from '../support/move-world.ts'
import { drain, openShard, start } from './shards.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

/** Apps that write without a pause: there is always something to carry back. */
class SteadyApps {
  readonly written = new Map<TenantId, Map<string, number>>()
  #stopped = false
  readonly #done: Promise<unknown>

  constructor(tenants: readonly TenantId[], replica: Replica) {
    this.#done = Promise.all(tenants.map((tenantId) => this.#write(tenantId, replica)))
    this.#done.catch(() => undefined)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
  }

  async #write(tenantId: TenantId, { write }: Replica): Promise<void> {
    const mine = new Map<string, number>()
    this.written.set(tenantId, mine)
    for (let n = 0; !this.#stopped; n += 1) {
      const id = `w${n % 20}`
      try {
        await write.put(tenantId, [{ id, values: [1, n, 3, 4], metadata: { n } }])
        mine.set(id, n)
      } catch (error) {
        if (!isAppError(error)) throw error
        // Held, or without an answer: what the record is now is not known.
        mine.delete(id)
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

/** Records that a move has yet to carry back, of each tenant that soaks. */
async function unsynced(): Promise<ReadonlyMap<string, number>> {
  const rows = await world.home.sql<{ tenant: string; count: number }[]>`
    select tenant_id as tenant, (select count(*)::int from dirty where move_id = m.id and synced_seq is not null) as count
    from moves m where state = 'soaking'`
  return new Map(rows.map((row) => [row.tenant, row.count]))
}

test('a drain goes on to its end while eight tenants soak under steady writes, and each of these is carried back in turn', async () => {
  const replica = await world.replica()
  await openShard(world, 2)
  const soaking: TenantId[] = []
  for (let n = 1; n <= 8; n += 1) soaking.push(await world.tenant(`soak-${n}`, 10))
  for (const tenant of soaking) await world.until((await start(world, tenant, 'rebalance')).id, 'soaking')
  const queued: TenantId[] = []
  for (let n = 1; n <= 5; n += 1) queued.push(await world.tenant(`drain-${n}`, 10))
  world.local.local.setFaults({ lagMs: 300 })
  const apps = new SteadyApps(soaking, replica)
  await vi.waitFor(async () => expect([...(await unsynced()).values()].every((count) => count > 0)).toBe(true), {
    timeout: 60_000,
  })
  const acknowledged = () => [...apps.written.values()].every((mine) => mine.size > 0)
  await vi.waitFor(() => expect(acknowledged()).toBe(true), { timeout: 60_000 })
  const { moves, skipped, left } = await drain(world, 'tr-pool-1')
  expect({ moves: moves.length, skipped, left }).toEqual({ moves: 5, skipped: [], left: 0 })
  for (const { id } of moves) await vi.waitFor(() => world.until(id, 'soaking'), { timeout: 120_000 })
  // No soaking move was left out: every one has had rounds since the drain began.
  expect((await unsynced()).size).toBe(13)
  const [first, second] = soaking
  if (first === undefined || second === undefined) throw new Error('there are eight')
  const ids = await world.home.sql<{ id: string; tenant: TenantId }[]>`select id, tenant_id as tenant from moves`
  const moveOf = (tenant: TenantId) => ids.find((one) => one.tenant === tenant)?.id ?? ''
  await completeMove(world.home, platform, moveOf(first))
  await rollbackMove(world.home, platform, moveOf(second))
  await vi.waitFor(() => world.until(moveOf(first), 'completed'), { timeout: 60_000 })
  await vi.waitFor(() => world.until(moveOf(second), 'rolled_back'), { timeout: 60_000 })
  await apps.stop()
  world.local.local.setFaults({ lagMs: 0 })
  for (const tenant of soaking) {
    const expected = [...(apps.written.get(tenant) ?? [])]
    expect(expected.length).toBeGreaterThan(0)
    // The last writes show after the lag that they were written under.
    const shown = async () => {
      const now = await contents(await world.placeOf(tenant))
      expect(expected.map(([id]) => [id, now.get(id)?.metadata?.n])).toEqual(expected)
    }
    await vi.waitFor(shown, { timeout: 60_000 })
  }
})
