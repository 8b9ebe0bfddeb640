import { pino } from 'pino'
import { vi } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { startDrain } from '../../src/moves/drain/start-drain.ts'
import type { Paces } from '../../src/moves/pace/pace-stores.ts'
import { Mover } from '../../src/moves/runner/mover.ts'
import { startMove } from '../../src/moves/start-move.ts'
import type { TenantId } from '../../src/placement/tenant-id.ts'
import { pineconeStore } from '../../src/stores/pinecone.ts'
import type { StoreCall } from '../../src/stores/store-calls.ts'
import { type MoveWorld, platform, settings } from '../support/move-world.ts'

/** The only mover of the world, over the real adapter; every call of it is told. */
export async function startMover(
  world: MoveWorld,
  onCall: (call: StoreCall) => void,
  paces?: Paces,
): Promise<AsyncDisposable> {
  const stores = world.stack.use(
    pineconeStore({
      projects: [{ name: 'default', apiKey: 'local', controllerHost: world.local.local.url }],
      retry: { attempts: 6, baseMs: 5, maxMs: 50 },
      onCall,
    }),
  )
  // A session, so that barriers have someone to wait for.
  await (await world.replica()).stopMover()
  const database = world.stack.use(connect({ url: world.home.url, max: 4 }))
  const deps = { stores, settings: settings, log: pino({ level: 'silent' }), ...(paces && { paces }) }
  const mover = new Mover(database, deps, { leaseMs: 5_000, maxMoves: 1, pollMs: 100 })
  await mover.start()
  return mover
}

/** A further shared index, ready; `fill` namespaces of `limit` count as taken. */
export async function openShard(
  world: MoveWorld,
  ordinal: number,
  {
    limit = 100,
    fill = 0,
    region = 'us-east-1',
    dimension = 4,
    metric = 'cosine' as 'cosine' | 'dotproduct' | 'euclidean',
    made = true,
  } = {},
): Promise<string> {
  const name = `tr-pool-${ordinal}`
  if (made) {
    const tags = { 'tenant-router': 'pool' }
    await world.store.createIndex('default', { name, dimension, metric, cloud: 'aws', region, tags })
  }
  const info = await vi.waitFor(
    async () => {
      const found = await world.store.describeIndex('default', made ? name : 'tr-pool-1')
      if (found?.ready) return found
      throw new Error('not ready yet')
    },
    { timeout: 60_000 },
  )
  await world.home
    .sql`insert into indexes (project, name, kind, ordinal, host, cloud, region, embedding_model, dimension, metric, namespace_limit, namespaces_used, state)
    values ('default', ${name}, 'pool', ${ordinal}, ${info.host}, 'aws', ${region}, 'test', ${dimension}, ${metric}, ${limit}, ${fill}, 'ready')`
  return name
}

export function start(world: MoveWorld, tenantId: TenantId, kind: 'promote' | 'demote' | 'rebalance', to?: string) {
  return startMove({ db: world.home.db, settings }, platform, { tenantId, kind, to })
}

export function drain(world: MoveWorld, name: string) {
  return startDrain({ db: world.home.db, settings }, platform, name)
}

/** Namespaces counted in an index, and what marks it. */
export async function countOf(world: MoveWorld, name: string) {
  const [row] = await world.home.sql<{ used: number; full: boolean; draining: boolean; state: string }[]>`
    select namespaces_used as used, is_full as "full", draining, state from indexes where name = ${name}`
  return row
}
