import { pino } from 'pino'
import { vi } from 'vitest'
import type { StaffPrincipal } from '../../src/auth/principal.ts'
import type { Clock } from '../../src/clock.ts'
import { connect } from '../../src/db/connect.ts'
import { Mover } from '../../src/moves/runner/mover.ts'
import { type MoveView, showMove } from '../../src/moves/show-move.ts'
import { startMove } from '../../src/moves/start-move.ts'
import type { MoveRow } from '../../src/moves/state/move-history.ts'
import type { MovePoint, MoveSettings } from '../../src/moves/sync/step.ts'
import type { TenantId } from '../../src/placement/tenant-id.ts'
import { LeasedRoutes } from '../../src/routing/lease/leased-routes.ts'
import { sendWrite, type TenantWriteDeps } from '../../src/routing/write-log/tenant-write.ts'
import { mustBeDone } from '../../src/routing/write-log/write-outcome.ts'
import type { VectorRecord, VectorStore } from '../../src/stores/store.ts'
import { type TestDatabase, testDatabase } from './database.ts'
import { type LocalStores, localStores } from './local-stores.ts'
import { seedTenant } from './seed.ts'
import { testVectors } from './test-vectors.ts'

const dimension = 4
export const platform: StaffPrincipal = { kind: 'staff', subject: 'pat', roles: new Set(['platform']) }

export const settings: MoveSettings = {
  project: 'default',
  cloud: 'aws',
  region: 'us-east-1',
  indexPrefix: 'tr',
  projectIndexLimit: 20,
  retentionMs: 3_600_000,
  fenceBudgetMs: 5_000,
  storeInDoubtMs: 300,
  storeVisibleMs: 300,
  readGraceMs: 0,
  staleReadsMs: 0,
  models: [
    { name: 'test', dimension, metric: 'cosine' },
    { name: 'other', dimension: 3, metric: 'cosine' },
  ],
}

/** The vector that a model of this world makes of a text: a direction of its own for each. */
export function vectorOf(model: string, text: string): number[] {
  const n = [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7)
  const vector = [1, Math.sin(n), Math.cos(n)].map(Math.fround)
  return model === 'other' ? vector : [...vector, 1]
}

type Hook = (point: MovePoint, move: MoveRow) => Promise<void>

/** A replica's writes to a tenant's records, past the verbs: one call of the gate each. */
export interface GateWrites {
  put(tenantId: TenantId, records: readonly VectorRecord[]): Promise<void>
  delete(tenantId: TenantId, ids: readonly string[]): Promise<void>
}

/** One replica: routes under a lease, and a mover that can be killed without a word. */
export interface Replica {
  readonly routes: LeasedRoutes
  readonly store: VectorStore
  readonly write: GateWrites
  /** Writes a record whose store call is held until `landed`, under way all the while. */
  writeHeld(tenantId: TenantId, id: string, landed: Promise<unknown>): Promise<void>
  /**
   * Stops the mover as a `kill -9` would: nothing is released, no promise goes on, no call leaves. Its leases end at
   * once, so that no test waits for them, and no mover needs a lease shorter than a slow machine takes.
   */
  killMover(): Promise<void>
  /** Stops the mover in order, and comes back when nothing of it runs any more. */
  stopMover(): Promise<void>
  /** Cuts every connection of this replica to Postgres, whatever it is doing on it. */
  cutPostgres(): Promise<void>
}

interface ReplicaOptions {
  /** The mover's lease. By default far longer than any machine is slow: only staged faults end it. */
  readonly leaseMs?: number
  readonly storeCallMs?: number
  readonly settings?: Partial<MoveSettings>
  /** The replica's Postgres URL. */
  readonly url?: string
  /** The mover's. */
  readonly clock?: Clock
  /** Wraps the mover's store. */
  readonly stores?: (inner: VectorStore) => VectorStore
}

/** Postgres, `pinecone-local`, a tenant in a shared index, and as many replicas as asked for. */
export class MoveWorld implements AsyncDisposable {
  readonly stack = new AsyncDisposableStack()
  readonly home: TestDatabase
  readonly local: LocalStores
  readonly store: VectorStore
  #replicas = 0

  private constructor(home: TestDatabase, local: LocalStores) {
    this.home = this.stack.use(home)
    this.local = this.stack.use(local)
    this.store = local.connect()
  }

  static async open(): Promise<MoveWorld> {
    const world = new MoveWorld(await testDatabase(), await localStores())
    await world.store.createIndex('default', {
      name: 'tr-pool-1',
      dimension,
      metric: 'cosine',
      cloud: 'aws',
      region: 'us-east-1',
      tags: { 'tenant-router': 'pool' },
    })
    return world
  }

  /** A tenant with `count` records in the shared index. */
  async tenant(id: string, count: number, { form = 'plain' as RecordForm } = {}): Promise<TenantId> {
    const index = await vi.waitFor(
      async () => {
        const info = await this.store.describeIndex('default', 'tr-pool-1')
        if (info?.ready) return info
        throw new Error('not ready yet')
      },
      { timeout: 60_000 },
    )
    const tenantId = await seedTenant(this.home, { id, host: index.host, dimension })
    const store = await this.placeOf(tenantId)
    await store.createNamespace()
    if (count > 0) await store.upsert(records(count).map(forms[form]))
    return tenantId
  }

  async replica(hook?: Hook, options: ReplicaOptions = {}): Promise<Replica> {
    const applicationName = `replica ${this.#replicas++}`
    const { url = this.home.url } = options
    const database = this.stack.use(connect({ url, max: 4, applicationName }))
    const store = this.local.connect()
    const routes = new LeasedRoutes(database, {
      leaseMs: 5_000,
      storeInDoubtMs: 300,
      outageReads: 'stale',
      holdMs: 5_000,
    })
    this.stack.use(routes)
    await routes.start()
    const own = connect({ url, max: 4, applicationName })
    const ownStore = this.local.connect()
    let dead = false
    const carried = new Map<string, number>()
    const at: Hook = async (point, move) => {
      carried.set(move.id, move.moverToken)
      await hook?.(point, move)
      if (dead) await new Promise(() => undefined)
    }
    const { clock, stores = (inner) => inner } = options
    const deps = {
      stores: stores(ownStore),
      models: {
        of: ({ model }: { readonly model: string }) => ({
          embed: async (texts: readonly string[]) => ({
            vectors: texts.map((text) => vectorOf(model, text)),
            tokens: texts.length,
          }),
        }),
      },
      settings: { ...settings, ...options.settings },
      log: pino({ level: 'silent' }),
      at,
      ...(clock && { clock }),
    }
    const mover = new Mover(own, deps, { leaseMs: options.leaseMs ?? 30_000, maxMoves: 2, pollMs: 100 })
    // All connections are made before any can be cut: a kill is to meet work, not a handshake.
    await Promise.all(Array.from({ length: 4 }, () => own.sql`select pg_sleep(0.02)`))
    await mover.start()
    this.stack.defer(async () => {
      if (dead) return
      await mover[Symbol.asyncDispose]()
      await own[Symbol.asyncDispose]()
    })
    const gate = {
      routes,
      db: database.db,
      settings: { storeCallMs: options.storeCallMs ?? 2_000, storeInDoubtMs: 300, busyWaitMs: 3_000 },
    }
    return {
      routes,
      store,
      write: gateWrites(gate, store),
      writeHeld: (tenantId, id, landed) =>
        gateWrites(gate, store, landed).put(tenantId, [{ id, values: [1, 2, 3, 4] }]),
      stopMover: () => mover[Symbol.asyncDispose](),
      killMover: async () => {
        dead = true
        await Promise.all([own.sql.end({ timeout: 0 }), ownStore[Symbol.asyncDispose]()])
        for (const [id, token] of carried)
          await this.home.sql`
            update moves set mover_lease_until = now() where id = ${id} and mover_token = ${token} and mover_lease_until > now()`
      },
      cutPostgres: async () => {
        await this.home.sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and starts_with(application_name, ${`${applicationName} #`})`
      },
    }
  }

  /** A replica whose mover dies the first time it comes to a point. */
  async mortal(point: MovePoint): Promise<{ readonly died: Promise<void> }> {
    const died = Promise.withResolvers<void>()
    const replica = await this.replica(async (reached) => {
      if (reached !== point) return
      await replica.killMover()
      died.resolve()
    })
    return { died: died.promise }
  }

  async promote(tenantId: TenantId, model?: string): Promise<MoveView> {
    return startMove({ db: this.home.db, settings }, platform, { tenantId, kind: 'promote', model })
  }

  /** Waits until the move is in one of the states; fails at once when it ends in another, and tells where it hangs. */
  async until(id: string, ...states: readonly MoveView['state'][]): Promise<MoveView> {
    const startedAtMs = performance.now()
    for (;;) {
      const move = await showMove(this.home, id)
      if (states.includes(move.state)) return move
      if (performance.now() - startedAtMs > 280_000) {
        const rows = await this.home
          .sql`select * from moves, routing where moves.id = ${id} and routing.move_id = moves.id`
        const log = await this.home
          .sql`select *, clock_timestamp() as now from dirty where move_id = ${id} and synced_seq is distinct from seq limit 5`
        throw new Error(`the move hangs: ${JSON.stringify({ rows, log })}`)
      }
      if (move.endedAt !== null) throw new Error(`the move ended as ${move.state}: ${move.error}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** The store of the tenant's active place, as the rows say. */
  async placeOf(tenantId: TenantId, generation?: number) {
    const [row] = await this.home.sql<
      { id: string; host: string; name: string; namespace: string; generation: number; kind: 'pool' | 'silo' }[]
    >`
      select p.id, i.host, i.name, i.kind, p.namespace, p.generation from places p join indexes i on i.id = p.index_id
      where p.tenant_id = ${tenantId} and ${generation === undefined ? this.home.sql`p.state = 'active'` : this.home.sql`p.generation = ${generation}`}`
    if (row === undefined) throw new Error('no such place')
    return this.store.open({
      placeId: Number(row.id),
      tenantId,
      project: 'default',
      indexName: row.name,
      indexHost: row.host,
      namespace: row.namespace,
      generation: row.generation,
      kind: row.kind,
      vectors: testVectors,
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stack.disposeAsync()
  }
}

function records(count: number): VectorRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `r${String(i).padStart(6, '0')}`,
    values: [1, i / count, Math.sin(i), Math.cos(i)],
    metadata: { n: i, label: `record ${i}`, tags: ['a', `b${i % 7}`] },
  }))
}

/** The same with a text, and with the vector that the tenant's model makes of it. */
function withText({ id, metadata }: VectorRecord): VectorRecord {
  const text = `text of ${id}`
  return { id, values: vectorOf('test', text), metadata: { ...metadata, text } }
}

/** The forms of a tenant's records: the last one leaves every third without a text. */
const forms = {
  plain: (one: VectorRecord) => one,
  unit: (one: VectorRecord) => ({ ...one, values: unitOf(one.values) }),
  texts: withText,
  'some texts': (one: VectorRecord, at: number) => (at % 3 === 0 ? one : withText(one)),
}

type RecordForm = keyof typeof forms

/** The same direction at length 1. */
function unitOf(values: readonly number[]): number[] {
  const length = Math.hypot(...values)
  return values.map((value) => value / length)
}

/** Everything in a place, by id. */
export async function contents(store: Awaited<ReturnType<MoveWorld['placeOf']>>): Promise<Map<string, VectorRecord>> {
  const all = new Map<string, VectorRecord>()
  let cursor: string | undefined
  do {
    const page = await store.list({ limit: 100, ...(cursor === undefined ? {} : { cursor }) })
    if (page.ids.length > 0)
      for (const [id, record] of (await store.fetch(page.ids)).records) all.set(id, plain(record) ?? record)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return all
}

function gateWrites(gate: TenantWriteDeps, store: VectorStore, landed?: Promise<unknown>): GateWrites {
  return {
    async put(tenantId, puts) {
      const ids = puts.map((one) => one.id)
      const outcome = await sendWrite(gate, tenantId, { ids, kind: 'put' }, async ({ placement, signal, stamp }) => {
        await landed
        const stamped = puts.map((one) => {
          const seq = stamp(one.id)
          const { text } = one.metadata ?? {}
          // As the verbs do: a text is embedded by the model of the place that it goes to.
          const fitting = typeof text === 'string' ? { ...one, values: vectorOf(placement.vectors.model, text) } : one
          return seq === undefined ? fitting : { ...fitting, metadata: { ...one.metadata, _tr: seq } }
        })
        return store.open(placement).upsert(stamped, { signal })
      })
      mustBeDone(outcome)
    },
    async delete(tenantId, ids) {
      const outcome = await sendWrite(gate, tenantId, { ids, kind: 'delete' }, ({ placement, signal }) =>
        store.open(placement).deleteIds(ids, { signal }),
      )
      mustBeDone(outcome)
    },
  }
}

/** A record without its stamp. */
function plain(record: VectorRecord | undefined): VectorRecord | undefined {
  if (record?.metadata === undefined) return record
  const { _tr, ...metadata } = record.metadata
  const { metadata: _, ...rest } = record
  return Object.keys(metadata).length === 0 ? rest : { ...rest, metadata }
}
