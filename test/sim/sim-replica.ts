import { AppError } from '../../src/errors.ts'
import { Mover } from '../../src/moves/runner/mover.ts'
import { LeasedRoutes } from '../../src/routing/lease/leased-routes.ts'
import { sendWrite, type WritePass } from '../../src/routing/write-log/tenant-write.ts'
import { mustBeDone } from '../../src/routing/write-log/write-outcome.ts'
import type { TenantStore, WriteReceipt } from '../../src/stores/store.ts'
import { SimApp } from './sim-app.ts'
import { simMoveModels } from './sim-models.ts'
import { acme, record } from './sim-tenant.ts'
import type { SimWorld } from './sim-world.ts'

/** Times in ms. */
export interface ReplicaTimes {
  readonly leaseMs: number
  readonly storeCallMs: number
  /** Longest wait of a write for another one of the same record. */
  readonly busyWaitMs: number
  readonly moverLeaseMs: number
  readonly pollMs: number
}

export const replicaTimes: ReplicaTimes = {
  leaseMs: 10_000,
  storeCallMs: 4_000,
  busyWaitMs: 3_000,
  moverLeaseMs: 6_000,
  pollMs: 2_000,
}

/** One process of the service: its routes under a lease, its app's requests, its mover. */
export class SimReplica {
  readonly name: string
  readonly routes: LeasedRoutes
  /** The app's requests through the verbs. */
  readonly app: SimApp
  readonly #world: SimWorld

  constructor(world: SimWorld, name: string) {
    this.name = name
    this.#world = world
    this.routes = new LeasedRoutes(world.sql.connect(name), {
      leaseMs: world.times.leaseMs,
      storeInDoubtMs: world.settings.storeInDoubtMs,
      holdMs: 5_000,
      outageReads: 'stop',
      clock: world.schedule.clock(name),
    })
    this.app = new SimApp(world, this)
  }

  get isDead(): boolean {
    return this.#world.schedule.isDead(this.name)
  }

  async start(withMover: boolean): Promise<void> {
    const { schedule, sql, store, settings, times, log } = this.#world
    await this.routes.start()
    if (!withMover) return
    const actor = `${this.name}.mover`
    const clock = schedule.clock(actor)
    const at = (point: string) => schedule.point(actor, `at ${point}`)
    const models = simMoveModels(schedule, actor)
    const deps = { stores: store.connect(actor), settings, log, clock, at, models }
    await new Mover(sql.connect(actor), deps, {
      leaseMs: times.moverLeaseMs,
      maxMoves: 1,
      pollMs: times.pollMs,
    }).start()
  }

  /** Dies at once: nothing it was doing goes on, what it has sent may still land. */
  kill(part: 'all' | 'mover' = 'all'): void {
    this.#world.schedule.kill(`${this.name}.mover`)
    if (part === 'mover') return
    this.#world.schedule.kill(this.name)
    this.#world.history.abandon(this.name)
  }

  put(id: string, value: number): Promise<unknown> {
    return this.#write([id], value, (store, pass, signal) => {
      const stamp = pass.stamp(id)
      const one = record(id, value)
      const stamped = stamp === undefined ? one : { ...one, metadata: { ...one.metadata, _tr: stamp } }
      return store.upsert([stamped], { signal })
    })
  }

  delete(...ids: readonly string[]): Promise<unknown> {
    return this.#write(ids, undefined, (store, _, signal) => store.deleteIds(ids, { signal }))
  }

  /** Looks for what a filter would find, and deletes it by id, all in one write. */
  async deleteFound(isMeant: (id: string) => boolean): Promise<unknown> {
    const { routing } = await this.routes.find(acme)
    const { ids } = await this.#world.store.connect(this.name).open(routing.active).list({})
    const found = ids.filter(isMeant)
    return found.length === 0 ? undefined : this.delete(...found)
  }

  /** The record's true content in the store, at the place where this replica believes the tenant to live. */
  async read(id: string): Promise<number | undefined> {
    const { history, schedule, store } = this.#world
    let found: ReturnType<typeof record> | { readonly metadata?: object } | undefined
    await history.note('read', id, undefined, this.name, async () => {
      const { routing } = await this.routes.find(acme)
      await schedule.point(this.name, `read g${routing.active.generation} ${id}`)
      const record = store.truth(routing.active)?.get(id)
      found = record
      return this.#world.stateOf(record)
    })
    return this.#value(found)
  }

  /** The same as a store with lag shows it. */
  async look(id: string): Promise<number | undefined> {
    const { routing } = await this.routes.find(acme)
    return this.#value(this.#world.store.shown(routing.active).get(id))
  }

  #value(found: ReturnType<typeof record> | { readonly metadata?: object } | undefined): number | undefined {
    const n = (found?.metadata as { n?: number } | undefined)?.n
    return n === undefined ? undefined : Number(n)
  }

  #write(
    ids: readonly string[],
    value: number | undefined,
    send: (store: TenantStore, pass: WritePass, signal: AbortSignal) => Promise<WriteReceipt>,
  ): Promise<unknown> {
    const { schedule, sql, store, settings, times, history } = this.#world
    const { storeCallMs, busyWaitMs } = times
    const clock = schedule.clock(this.name)
    const gate = {
      routes: this.routes,
      db: sql.connect(this.name).db,
      clock,
      settings: { storeCallMs, storeInDoubtMs: settings.storeInDoubtMs, busyWaitMs },
    }
    const kind = value === undefined ? 'delete' : 'put'
    const written = Promise.resolve().then(async () => {
      const outcome = await sendWrite(gate, acme, { ids, kind }, async (pass) => {
        const limit = new AbortController()
        const words = 'The store takes too long.'
        void clock.sleep(storeCallMs).then(() => limit.abort(new AppError('store_busy', words)))
        const place = store.connect(this.name).open(pass.placement)
        return send(place, pass, AbortSignal.any([limit.signal, pass.signal]))
      })
      mustBeDone(outcome)
    })
    return Promise.all(ids.map((id) => history.note('write', id, value, this.name, () => written.then(() => value))))
  }
}
