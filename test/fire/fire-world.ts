import { vi } from 'vitest'
import type { PineconeLocal } from '../../src/pinecone-local/server.ts'
import type { TenantStore } from '../../src/stores/store.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type TestIssuer, testIssuer } from '../support/issuer.ts'
import { type LocalStores, localStores } from '../support/local-stores.ts'
import { moveRows } from '../support/move-rows.ts'
import { testVectors } from '../support/test-vectors.ts'
import { ReplicaProcess } from './replica-process.ts'

/** Two replicas as processes, a real Postgres, `pinecone-local` and an issuer. */
export class FireWorld implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack()
  readonly #home: TestDatabase
  readonly #stores: LocalStores
  readonly #issuer: TestIssuer
  readonly replicas: ReplicaProcess[] = []

  private constructor(home: TestDatabase, stores: LocalStores, issuer: TestIssuer) {
    this.#home = this.#stack.use(home)
    this.#stores = this.#stack.use(stores)
    this.#issuer = this.#stack.use(issuer)
  }

  static async open(more: Readonly<Record<string, string>> = {}): Promise<FireWorld> {
    const world = new FireWorld(await testDatabase(), await localStores(), await testIssuer())
    world.store.setFaults({ indexLimit: 1_000 })
    const { issuer, audience, jwksUrl } = world.#issuer.settings
    const env = {
      DATABASE_URL: world.#home.url,
      LOG_LEVEL: 'info',
      PROJECT_INDEX_LIMIT: '1000',
      INDEX_PREFIX: 'fire',
      PINECONE_API_KEY: 'local',
      PINECONE_CONTROLLER_HOST: world.store.url,
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
      EMBEDDING_MODEL: 'none',
      EMBEDDING_DIMENSION: '4',
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
      JWT_JWKS_URL: jwksUrl,
      SESSION_LEASE_S: '3',
      STORE_IN_DOUBT_S: '6',
      STORE_VISIBLE_S: '5',
      // Else a rollback would wait five minutes for a killed replica, which may be cut off and answer by what it saw.
      REGISTRY_OUTAGE_READS: 'stop',
      // A loaded machine adds to the four seconds that a lag of two takes in any case.
      FENCE_BUDGET_MS: '20000',
      ...more,
    }
    const replicas = await Promise.all([ReplicaProcess.start(env), ReplicaProcess.start(env)])
    for (const replica of replicas) world.replicas.push(world.#stack.use(replica))
    return world
  }

  get store(): PineconeLocal {
    return this.#stores.local
  }

  /** Onboards a tenant; gives its app's `Authorization`. */
  async onboard(tenantId: string): Promise<string> {
    await this.#staff('POST', '/tenants', { id: tenantId, name: tenantId })
    return this.#issuer.tenant(tenantId)
  }

  /** Begins a move; gives its id. */
  async move(tenantId: string, wanted: object): Promise<string> {
    const move = (await this.#staff('POST', `/tenants/${tenantId}/moves`, wanted)) as { readonly id: string }
    return move.id
  }

  /** Opens a shared index of an embedding model. */
  async openShard(model: string): Promise<void> {
    await this.#staff('POST', '/indexes', { model })
  }

  async rollBack(moveId: string): Promise<void> {
    await this.#staff('POST', `/moves/${moveId}/rollback`, {})
  }

  /**
   * Waits by the rows, since the replicas may be dead or asleep. @throws Error when the move ends, or does not get
   * there in time.
   */
  async until(id: string, state: 'soaking' | 'rolled_back', limitMs: number): Promise<number> {
    const until = performance.now() + limitMs
    const others = ['failed', 'cancelled', 'cancelling', ...(state === 'soaking' ? ['paused'] : [])]
    for (;;) {
      const [move] = await this.#home.sql<{ state: string; gate: string; error: string; pause: number | null }[]>`
        select state, gate, error, write_pause_ms as pause from moves where id = ${id}`
      if (move?.state === state) return move.pause ?? Number.NaN
      const isLate = performance.now() > until
      if (isLate || move === undefined || others.includes(move.state)) {
        const { gate, error } = move ?? {}
        throw new Error(
          `the move is ${move?.state}; gate: ${JSON.stringify(gate)}; fault: ${error}\n${await this.told(id)}`,
        )
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** The store of either of the tenant's places, past the service. */
  async place(tenantId: string, state: 'active' | 'follower'): Promise<TenantStore> {
    const [row] = await this.#home.sql<
      { id: string; host: string; name: string; kind: 'pool' | 'silo'; namespace: string; generation: number }[]
    >`
      select p.id, i.host, i.name, i.kind, p.namespace, p.generation from places p join indexes i on i.id = p.index_id
      where p.tenant_id = ${tenantId} and p.state = ${state}`
    if (row === undefined) throw new Error(`${tenantId} has no ${state} place`)
    const { id, host, name, kind, namespace, generation } = row
    return this.#stores.connect().open({
      placeId: Number(id),
      tenantId: tenantId as never,
      project: 'default',
      indexName: name,
      indexHost: host,
      namespace,
      generation,
      kind,
      vectors: testVectors,
    })
  }

  /** The rows and logs that explain a hanging move. */
  async told(moveId: string): Promise<string> {
    const told = await moveRows(this.#home, moveId)
    const logs = this.replicas.map((replica, at) => `log of replica ${at}:\n${replica.logged().slice(-6_000)}`)
    return [told, ...logs].join('\n')
  }

  async unsynced(moveId: string): Promise<number> {
    const [row] = await this.#home.sql<{ left: number }[]>`
      select count(*)::int as left from dirty
      where move_id = ${moveId} and (state = 'inflight' or synced_seq is distinct from seq)`
    return row?.left ?? Number.NaN
  }

  /** A call of the staff that goes to whichever replica answers. */
  async #staff(method: string, path: string, body: unknown): Promise<unknown> {
    const authorization = await this.#issuer.staff('platform')
    let next = 0
    return vi.waitFor(
      async () => {
        const { adminUrl } = this.replicas[next++ % this.replicas.length] as ReplicaProcess
        const headers = { authorization, 'content-type': 'application/json' }
        const response = await fetch(adminUrl + path, { method, headers, body: JSON.stringify(body) })
        const text = await response.text()
        if (![200, 201, 202].includes(response.status)) throw new Error(`${path}: ${response.status} ${text}`)
        return JSON.parse(text)
      },
      { timeout: 60_000, interval: 100 },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}
