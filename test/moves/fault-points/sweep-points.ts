import { expect, test } from 'vitest'
import { isAppError } from '../../../src/errors.ts'
import { completeMove } from '../../../src/moves/steer-move.ts'
import { type MovePoint, movePoints } from '../../../src/moves/sync/step.ts'
import type { TenantId } from '../../../src/placement/tenant-id.ts'
import type { VectorRecord } from '../../../src/stores/store.ts'
import { contents, MoveWorld, platform, type Replica } from '../../support/move-world.ts'
import { metricWay, promoteWay, suppliedWay, type Way } from '../ways.ts'

const forward = movePoints.filter((point) => !/^(cancel|rollBack|end)/.test(point))

/** Faults of the replica whose mover reaches the point first. */
const faults = {
  'the mover dies': (_: MoveWorld, struck: Replica) => struck.killMover(),
  'the next writes of the store are applied and not answered': async (world: MoveWorld) => losing(world, 'after'),
  'the next writes of the store are lost': async (world: MoveWorld) => losing(world, 'before'),
  'its connections to Postgres are cut': (_: MoveWorld, struck: Replica) => struck.cutPostgres(),
} satisfies Record<string, (world: MoveWorld, struck: Replica) => Promise<void>>

/** Two attempts in either place, for that is how often a call is tried; and the same of calls that make and delete indexes. */
function losing(world: MoveWorld, when: 'before' | 'after'): void {
  const cut = { fault: 'reset', when, times: 2 } as const
  world.local.local.setFaults({
    rules: [
      { ...cut, on: 'writes', namespacePrefix: 'tenant_acme_g1' },
      { ...cut, on: 'writes', namespacePrefix: 'tenant_acme_g2' },
      { ...cut, on: ['createIndex', 'deleteIndex'] },
    ],
  })
}

/** A writer of its own records that knows of each what it may be: a call without an answer leaves two possibilities. */
async function writeAll(
  { write }: Replica,
  tenantId: TenantId,
  ids: readonly string[],
  { record }: Way,
  signal: AbortSignal,
): Promise<Map<string, readonly (number | undefined)[]>> {
  const allowed = new Map<string, readonly (number | undefined)[]>()
  const usable = [...ids]
  for (let n = 1; !signal.aborted && usable.length > 0; n += 1) {
    const id = usable[n % usable.length] as string
    const version = n % 3 === 0 ? undefined : n
    try {
      if (version === undefined) await write.delete(tenantId, [id])
      else await write.put(tenantId, [record(id, version)])
      allowed.set(id, [version])
    } catch (fault) {
      if (!isAppError(fault) || fault.code === 'outcome_unknown') {
        allowed.set(id, [...(allowed.get(id) ?? [undefined]), version])
        usable.splice(usable.indexOf(id), 1)
      }
    }
    // Also after a refusal: a write may be refused without anything but promises, and timers run only between turns. Long
    // enough that the app leaves the movers, which share its process, most of a slow machine.
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return allowed
}

/** Lets a fault strike once at each of these points of one move, while two replicas serve a writing app. */
async function sweep(points: readonly MovePoint[], fault: keyof typeof faults, way: Way): Promise<void> {
  await using world = await MoveWorld.open()
  const acme = await way.tenant(world, 130)
  const before = await contents(await world.placeOf(acme))
  const left = new Set(points)
  const replicas: Replica[] = []
  for (const which of [0, 1]) {
    const hook = async (reached: MovePoint) => {
      if (left.delete(reached)) await faults[fault](world, replicas[which] as Replica)
    }
    replicas.push(await world.replica(hook))
  }
  const stop = new AbortController()
  const writing = replicas.map((replica, lane) => {
    const ids = Array.from({ length: 40 }, (_, n) => `lane-${lane}-${n}`)
    return writeAll(replica, acme, ids, way, stop.signal)
  })
  const { id } = await way.begin(world, acme)
  await world.until(id, 'soaking')
  await completeMove(world.home, platform, id)
  await world.until(id, 'completed')
  stop.abort()
  const allowed = new Map((await Promise.all(writing)).flatMap((lane) => [...lane]))
  expect([...left]).toEqual([])
  const now = await contents(await world.placeOf(acme))
  const wrong = [...allowed].filter(([id, versions]) => !versions.includes(now.get(id)?.metadata?.version as never))
  expect(wrong.map(([id, versions]) => ({ id, versions, is: now.get(id)?.metadata?.version }))).toEqual([])
  expect([...now.keys()].filter((id) => !allowed.has(id) && !before.has(id))).toEqual([])
  for (const [id, record] of before) expect(unstamped(now.get(id))).toEqual(unstamped(way.arrived(record)))
  expect(allowed.size).toBeGreaterThan(4)
  expect(await world.home.sql`select phase, move_id from routing`).toEqual([{ phase: 'steady', move_id: null }])
  expect(await world.store.listIndexes('default')).toHaveLength(2)
}

/** A record without the stamp of its vector, and with the vector as a store keeps it. */
function unstamped(record: VectorRecord | undefined): object | undefined {
  if (record === undefined) return undefined
  const { _tr_emb: _, ...metadata } = record.metadata ?? {}
  return { id: record.id, values: record.values.map(Math.fround), metadata }
}

/**
 * A test for each point of a move, with a file for each fault, since a file is ended from outside after ten minutes.
 */
export function sweepPoints(fault: keyof typeof faults): void {
  test.concurrent.for(forward)(
    `${fault} at "%s": the move ends and every acknowledged write is there`,
    { timeout: 300_000 },
    (point) => sweep([point], fault, promoteWay),
  )
}

/** The same with a fault at every point of one move, for moves of other kinds; the longest tests, so they begin first. */
export function sweepWays(fault: keyof typeof faults): void {
  test.concurrent.for([metricWay, suppliedWay])(
    `${fault} at each point of a move $words: it ends and every acknowledged write is there`,
    { timeout: 500_000 },
    (way) => sweep(forward, fault, way),
  )
}
