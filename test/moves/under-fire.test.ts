import { afterEach, beforeEach, expect, test } from 'vitest'
import { completeMove, rollbackMove } from '../../src/moves/steer-move.ts'
import type { TenantId } from '../../src/placement/tenant-id.ts'
import type { VectorRecord } from '../../src/stores/store.ts'
import { contents, MoveWorld, platform, type Replica } from '../support/move-world.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

/** An app that writes and deletes without a pause and remembers what was acknowledged; each record has one writer. */
class App {
  readonly expected = new Map<string, VectorRecord | undefined>()
  writes = 0
  reads = 0
  readonly faults: unknown[] = []
  readonly #stop = new AbortController()
  readonly #loops: Promise<void>[] = []

  constructor(tenantId: TenantId, replicas: readonly Replica[], existing: ReadonlyMap<string, VectorRecord>) {
    const known = [...existing.keys()]
    for (const [i, replica] of replicas.entries()) {
      for (let lane = 0; lane < 2; lane += 1) {
        const mine = known.filter((_, n) => n % (replicas.length * 2) === i * 2 + lane)
        const ids = [...mine.slice(0, 20), ...Array.from({ length: 20 }, (_, n) => `new-${i}-${lane}-${n}`)]
        this.#loops.push(this.#write(tenantId, replica, ids, i * 2 + lane))
      }
      this.#loops.push(this.#read(tenantId, replica))
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#loops)
  }

  async #write(tenantId: TenantId, { write }: Replica, ids: readonly string[], seed: number): Promise<void> {
    for (let n = seed; !this.#stop.signal.aborted; n += 7) {
      const id = ids[n % ids.length]
      if (id === undefined) return
      const record: VectorRecord = { id, values: [1, n, seed, 1], metadata: { n } }
      try {
        if (n % 3 === 0) await write.delete(tenantId, [id])
        else await write.put(tenantId, [record])
        this.expected.set(id, n % 3 === 0 ? undefined : record)
        this.writes += 1
      } catch (error) {
        await this.#fault(error)
      }
    }
  }

  /** Faults fail the test; a pause keeps a stream of them from filling the memory. */
  async #fault(error: unknown): Promise<void> {
    this.faults.push(error)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }

  async #read(tenantId: TenantId, { routes, store }: Replica): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const { routing } = await routes.find(tenantId)
        const { matches } = await store.open(routing.active).query({ vector: [1, 0, 0, 1], topK: 3 })
        if (matches.length < 3) await this.#fault(new Error('a read found too little'))
        this.reads += 1
      } catch (error) {
        await this.#fault(error)
      }
    }
  }
}

test.each([
  { lagMs: 0, name: 'a store that shows writes at once' },
  { lagMs: { min: 0, max: 300 }, name: 'a store that shows writes late' },
])(
  'two replicas write, delete and read through promote, rollback and promote again, on $name',
  async ({ lagMs }) => {
    const acme = await world.tenant('acme', 900)
    const before = await contents(await world.placeOf(acme))
    world.local.local.setFaults({ lagMs, latencyMs: { min: 0, max: 4 } })
    const settings = { storeVisibleMs: 2_000 }
    const replicas = [await world.replica(undefined, { settings }), await world.replica(undefined, { settings })]
    const app = new App(acme, replicas, before)
    world.stack.defer(() => app.stop())

    const first = await world.promote(acme)
    await world.until(first.id, 'soaking')
    await rollbackMove(world.home, platform, first.id)
    await world.until(first.id, 'rolled_back')
    const second = await world.promote(acme)
    const soaking = await world.until(second.id, 'soaking')
    await completeMove(world.home, platform, second.id)
    await world.until(second.id, 'completed')
    await app.stop()

    expect(app.faults).toEqual([])
    expect(app.writes).toBeGreaterThan(100)
    expect(app.reads).toBeGreaterThan(50)
    expect(soaking.writePauseMs).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, lagMs === 0 ? 0 : 400))
    const now = await contents(await world.placeOf(acme))
    const expected = new Map(before)
    for (const [id, record] of app.expected) {
      if (record === undefined) expected.delete(id)
      else expected.set(id, record)
    }
    expect([...now.keys()].sort()).toEqual([...expected.keys()].sort())
    for (const [id, record] of expected)
      expect([id, now.get(id)]).toEqual([id, { ...record, values: expect.any(Array) }])
  },
  300_000,
)
