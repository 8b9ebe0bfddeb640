import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { policyRound } from '../../src/moves/advice/policy-rounds.ts'
import { sweeper } from '../../src/moves/sweep/sweep.ts'
import { lossRounds } from '../../src/rag/losses/loss-round.ts'
import { RequestCounts } from '../../src/registry/usage/request-counts.ts'
import type { VectorStore } from '../../src/stores/store.ts'
import { MoveWorld, settings } from '../support/move-world.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

const { signal } = new AbortController()
const log = pino({ level: 'silent' })

/** The store, which answers no question about a namespace before it is let go. */
function heldStore() {
  const asked = Promise.withResolvers<void>()
  const letGo = Promise.withResolvers<void>()
  const { store } = world
  const stores: VectorStore = {
    open(placement) {
      const opened = store.open(placement)
      return {
        ...opened,
        placement,
        async describeNamespace(options) {
          asked.resolve()
          await letGo.promise
          return opened.describeNamespace(options)
        },
      }
    },
    createIndex: store.createIndex.bind(store),
    describeIndex: store.describeIndex.bind(store),
    listIndexes: store.listIndexes.bind(store),
    deleteIndex: store.deleteIndex.bind(store),
    listNamespaces: store.listNamespaces.bind(store),
  }
  return { stores, asked: asked.promise, letGo: letGo.resolve }
}

/** Transactions of this database that are open while nobody works in them. */
const openTransactions = async () => {
  const rows = await world.home.sql`select query from pg_stat_activity
    where datname = current_database() and state like 'idle in transaction%'`
  return rows.map(({ query }) => query)
}

const rounds = {
  async sweep(stores: VectorStore) {
    await world.home.sql`delete from routing`
    await world.home.sql`update places set state = 'purged', purged_at = now()`
    await sweeper({ db: world.home.db, stores, settings, log })(signal)
    expect(await (await world.placeOf(acme(), 1)).describeNamespace()).toBeUndefined()
  },
  async policy(stores: VectorStore) {
    const counts = world.stack.use(new RequestCounts(world.home.db))
    counts.note(acme(), 200, 1, false)
    await counts.flush()
    const policy = {
      promote: { enterprise: true, attributes: {} },
      demote: { recordsBelow: 1, requestsPerDayBelow: 1 },
    }
    await policyRound({ db: world.home.db, stores, settings, policy, log }, signal)
    expect(await world.home.sql`select records from tenant_sizes`).toEqual([{ records: 5 }])
  },
  async losses(stores: VectorStore) {
    const { routes } = await world.replica()
    await world.home.sql`
      insert into documents (tenant_id, id, state, content_hash, chunk_count, chunk_ceiling, updated_at)
      values ('acme', 'gone', 'ready', 'h', 9, 9, now() - interval '1 hour')`
    const round = lossRounds({ db: world.home.db, routes, stores, settings: { storeVisibleMs: 0 } })
    expect(await round(signal)).toEqual(['acme'])
  },
}
let tenant: Awaited<ReturnType<MoveWorld['tenant']>>
const acme = () => tenant

test.each(['sweep', 'policy', 'losses'] as const)(
  'while the store keeps the %s waiting, no transaction is open, and another replica still leaves it alone',
  async (name) => {
    tenant = await world.tenant('acme', 5)
    const { stores, asked, letGo } = heldStore()
    const running = rounds[name](stores)
    await Promise.race([asked, running])
    await expect.poll(openTransactions, { timeout: 60_000 }).toEqual([])
    expect(await world.home.sql`select name, until > now() as "isHeld" from round_leases`).toEqual([
      { name, isHeld: true },
    ])
    letGo()
    await running
    expect(await world.home.sql`select name from round_leases`).toEqual([])
  },
)
