import { expect, test, vi } from 'vitest'
import { showMove } from '../../src/moves/show-move.ts'
import { pauseMove } from '../../src/moves/steer-move.ts'
import type { TenantStore, VectorStore } from '../../src/stores/store.ts'
import { contents, MoveWorld, platform } from '../support/move-world.ts'

/** Puts into one generation of a tenant's places, each held until it is let go, as by a store that answers late. */
function heldPuts(tenantId: string) {
  const goOn = Promise.withResolvers<void>()
  const arrived: (readonly string[])[] = []
  let isHeld = true
  const watch = (place: TenantStore): TenantStore =>
    new Proxy(place, {
      get(target, key) {
        if (key !== 'upsert') return Reflect.get(target, key)
        return async (...args: Parameters<TenantStore['upsert']>) => {
          arrived.push(args[0].map(({ id }) => id))
          if (isHeld) await goOn.promise
          return place.upsert(...args)
        }
      },
    })
  const stores = (inner: VectorStore): VectorStore =>
    new Proxy(inner, {
      get(target, key) {
        if (key !== 'open') return Reflect.get(target, key)
        return (placement: Parameters<VectorStore['open']>[0]) => {
          const place = inner.open(placement)
          return placement.tenantId === tenantId && placement.generation === 2 ? watch(place) : place
        }
      },
    })
  const release = () => {
    isHeld = false
    goOn.resolve()
  }
  // A test that fails meanwhile must not wait for what it holds.
  return { stores, arrived, letGo: release, [Symbol.dispose]: release }
}

test('after a pause nothing is put but the rest of the batch under way, whose ids it has claimed', async () => {
  await using world = await MoveWorld.open()
  const acme = await world.tenant('acme', 2_500)
  const before = await contents(await world.placeOf(acme))
  const other = await world.tenant('other', 30)
  using puts = heldPuts(acme)
  await world.replica(undefined, { stores: puts.stores })
  const { id } = await world.promote(acme)
  // A batch of 1,000 is ten requests, of which four are under way at once.
  await vi.waitFor(() => expect(puts.arrived.length).toBeGreaterThan(0), { timeout: 60_000 })
  const paused = await pauseMove(world.home, platform, id)
  expect([paused.state, paused.progress.copied]).toEqual(['paused', 0])
  const sent = puts.arrived.length
  expect(sent).toBeLessThan(10)
  const [row] = await world.home.sql<{ claimed: readonly string[]; sends: boolean }[]>`
    select claimed_ids as claimed, sends_until > now() as sends from moves where id = ${id}`
  expect(row?.claimed).toHaveLength(1_000)
  expect(row?.sends).toBe(true)
  puts.letGo()
  // Another move of the same mover goes its whole way meanwhile.
  await world.until((await world.promote(other)).id, 'soaking')
  expect((await showMove(world.home, id)).state).toBe('paused')
  const ids = puts.arrived.flat()
  expect(ids).toHaveLength(1_000)
  expect(new Set(ids)).toEqual(new Set(row?.claimed))
  expect(await contents(await world.placeOf(acme))).toEqual(before)
})
