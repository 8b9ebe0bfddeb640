import { pino } from 'pino'
import { startMove } from '../../src/moves/start-move.ts'
import type { MoveRow } from '../../src/moves/state/move-history.ts'
import type { MoveState } from '../../src/moves/state/move-state.ts'
import { cancelMove, completeMove, pauseMove, resumeMove, rollbackMove } from '../../src/moves/steer-move.ts'
import type { MoveSettings } from '../../src/moves/sync/step.ts'
import type { VectorRecord } from '../../src/stores/store.ts'
import { seedTenant } from '../support/seed.ts'
import { build } from './build-db.ts'
import { type Damage, GoodCopies } from './damage.ts'
import { History } from './history.ts'
import { checkLanded, checkRows, readRows } from './invariants.ts'
import { type OneConnection, prepared } from './one-connection.ts'
import { type State, wholeState } from './record-state.ts'
import { Schedule } from './schedule.ts'
import { simModels } from './sim-models.ts'
import { type SimOptions, simSettings } from './sim-options.ts'
import { type ReplicaTimes, replicaTimes, SimReplica } from './sim-replica.ts'
import { SimSql } from './sim-sql.ts'
import { SimStore } from './sim-store.ts'
import { acme, record, staff } from './sim-tenant.ts'
import { Watch } from './watch.ts'

/** Requests of a person about a move. */
export type Steering = 'cancel' | 'complete' | 'rollback' | 'pause' | 'resume'
const steering = {
  cancel: cancelMove,
  complete: completeMove,
  rollback: rollbackMove,
  pause: pauseMove,
  resume: resumeMove,
}

/** The last move, as its row has it. */
export interface Moved extends Pick<MoveRow, 'id' | 'state' | 'repairs'> {
  readonly gate: string
  readonly error: string
  readonly ended: boolean
  readonly stopped: boolean
}

/**
 * One tenant, `acme`, with records r1 … r5 of value 0, in a world where everything happens in one order: the real
 * routes, gates and movers on a real Postgres, on a simulated store and clock.
 */
export class SimWorld implements AsyncDisposable {
  readonly schedule: Schedule
  readonly store: SimStore
  readonly sql: SimSql
  readonly history: History
  readonly goodCopies: GoodCopies
  readonly replicas: SimReplica[] = []
  readonly settings: MoveSettings
  readonly times: ReplicaTimes
  /** Records that a test itself spoiled: a move may find them to differ. */
  spoiled = false
  /** Somebody damaged a place. */
  damaged = false
  #transactions = 0
  /** Time since which each generation is read. */
  readonly #readSinceStep = new Map<number, number>()
  readonly #isWhole: boolean
  /** Whether every move goes to another embedding model. */
  readonly transforms: boolean
  readonly watched: readonly string[]

  private constructor(schedule: Schedule, sql: SimSql, options: SimOptions) {
    this.schedule = schedule
    this.sql = sql
    this.#isWhole = options.whole !== undefined
    this.watched = ['r1', 'r2', 'r3', 'r4', 'r5', ...(options.whole ?? [])]
    this.history = new History(() => schedule.nowMs)
    this.goodCopies = new GoodCopies(this)
    this.history.onWrite = (id) => this.goodCopies.release(id)
    this.transforms = options.transforms === true
    this.settings = { ...simSettings, models: simModels, ...options.settings }
    this.times = { ...replicaTimes, ...options.times }
    this.store = new SimStore(schedule, this.settings.storeInDoubtMs)
  }

  /** @param connection to a migrated database that is this world's alone; its rows are dropped. */
  static async open(connection: OneConnection | string, options: SimOptions = {}): Promise<SimWorld> {
    const schedule = new Schedule(options.grainMs, options.maxSteps)
    const world = new SimWorld(schedule, await SimSql.open(connection, schedule), options)
    await seedTenant({ sql: world.sql.real }, { id: acme, host: 'http://tr-pool-1', dimension: 4 })
    const ids = ['r1', 'r2', 'r3', 'r4', 'r5']
    for (const id of ids) world.history.begin(id, world.stateOf(record(id, 0)))
    const more = Array.from({ length: options.moreRecords ?? 0 }, (_, n) => `s${String(n).padStart(4, '0')}`)
    const place = { indexName: 'tr-pool-1', namespace: 'tenant_acme_g1' }
    world.store.seed(
      place,
      [...ids, ...more].map((id) => record(id, 0)),
    )
    const watch = new Watch(world)
    let [checked, changes] = ['', 0]
    world.schedule.after = async (label) => {
      const [, actor = '', deed = ''] = /^([\w.]+): (.*)/.exec(label) ?? []
      if (deed === 'tx') {
        world.#transactions += 1
        // It held, and neither the rows nor the store have changed since.
        const now = `${world.sql.changes} ${world.store.landed.length}`
        if (now === checked) return
        const rows = await readRows(world)
        world.#noteActive(rows.active.generation)
        checkRows(world, rows)
        if (world.sql.changes > changes) watch.check(actor, rows, world.sql.said)
        checked = now
        changes = world.sql.changes
      }
      if (deed.startsWith('sql update moves set mover_token') && world.sql.touched > 0) await watch.noteClaim(actor)
      if (/: (apply|late)$/.test(label)) await checkLanded(world, label)
    }
    return world
  }

  /** A process: its routes, and a mover unless it is to have none. */
  async replica(name: string, options: { readonly mover?: boolean } = {}): Promise<SimReplica> {
    const replica = new SimReplica(this, name)
    this.replicas.push(replica)
    await this.run(replica.start(options.mover ?? true))
    return replica
  }

  /** A record's state for histories. */
  stateOf(found: Parameters<typeof wholeState>[0]): State {
    if (this.#isWhole || found === undefined) return wholeState(found)
    return Number(found.metadata?.n)
  }

  /** The step of the history since which a generation is the one that is read; the first always was. */
  readSinceStep(generation: number): number {
    return this.#readSinceStep.get(generation) ?? 0
  }

  #activeGeneration = 1
  #noteActive(generation: number): void {
    if (generation === this.#activeGeneration) return
    this.#activeGeneration = generation
    this.#readSinceStep.set(generation, this.history.nextStep)
  }

  emptyIfDamaged(): ReadonlyMap<string, VectorRecord> | undefined {
    return this.damaged ? new Map() : undefined
  }

  /** Damages one of the two places of a move. */
  async damage(what: Damage): Promise<void> {
    this.damaged = true
    this.spoiled = true
    this.goodCopies.inflict(what, await readRows(this))
  }

  /** Changes a record of the copy behind everyone's back. */
  async spoil(id: string, change: (one: VectorRecord) => VectorRecord): Promise<void> {
    this.spoiled = true
    const place = await this.#placeOf(2)
    if (place === undefined) throw new Error('there is no copy yet')
    this.store.spoil(place, id, change)
  }

  async promote(): Promise<string> {
    return this.#begin('promote', 'other')
  }

  /** Back into the shared index. */
  async demote(): Promise<string> {
    return this.#begin('demote', 'test')
  }

  /** Into a shared index of the same model that compares by dot product. */
  async changeMetric(): Promise<string> {
    const indexName = 'tr-pool-2'
    this.store.seed({ indexName, namespace: 'of somebody else' }, [])
    await this.rows(`
      insert into indexes (project, name, kind, ordinal, host, cloud, region, embedding_model, dimension, metric, namespace_limit, namespaces_used, state)
      values ('default', '${indexName}', 'pool', 2, 'http://${indexName}', 'aws', 'us-east-1', 'test', 4, 'dotproduct', 1000, 0, 'ready')`)
    const wanted = { tenantId: acme, kind: 'rebalance', to: indexName } as const
    return (await startMove({ db: this.#db, settings: this.settings }, staff, wanted)).id
  }

  async #begin(kind: 'promote' | 'demote', model: string): Promise<string> {
    const wanted = { tenantId: acme, kind, ...(this.transforms && { model }) }
    return (await startMove({ db: this.#db, settings: this.settings }, staff, wanted)).id
  }

  async steer(deed: Steering, id?: string): Promise<void> {
    await steering[deed]({ db: this.#db }, staff, id ?? (await this.move()).id)
  }

  /** The last move, as it is in the rows. */
  async move(): Promise<Moved> {
    const [row] = await this.rows<Moved>(
      'select id, state, gate, repairs, error, ended_at is not null as ended, stopped is not null as stopped from moves order by created_at desc limit 1',
    )
    if (row === undefined) throw new Error('no move was started')
    return row
  }

  async rows<T>(query: string): Promise<readonly T[]> {
    return (await this.sql.real.unsafe(query, [], prepared)).map((row) => ({ ...row })) as T[]
  }

  /** Lets things happen until a promise is settled. */
  async run<T>(work: Promise<T>): Promise<T> {
    let settled = false
    work.then(
      () => (settled = true),
      () => (settled = true),
    )
    await this.schedule.until(() => settled)
    return work
  }

  /** Lets things happen until the move is in one of the states. */
  async until(...states: readonly MoveState[]): Promise<void> {
    let seen = ''
    await this.untilMove(({ state, ended, error }) => {
      seen = state
      if (ended && !states.includes(state)) throw new Error(`the move ended as ${state}: ${error}`)
      return states.includes(state)
    }).catch((error) => {
      throw new Error(`the move is ${seen}, not ${states.join()}: ${error}`)
    })
  }

  /** Lets things happen until the move is as it should be. */
  async untilMove(isIt: (move: Moved) => boolean): Promise<void> {
    let seen = -1
    await this.schedule.until(async () => {
      // Only a transaction changes a move.
      if (seen === this.#transactions) return false
      seen = this.#transactions
      return isIt(await this.move())
    })
  }

  /** The rows' active place (or that of a generation) as it truly is: value by id. */
  async contents(generation?: number): Promise<Record<string, number>> {
    const truth = await this.truth(generation)
    return Object.fromEntries([...truth].map(([id, one]) => [id, Number(one.metadata?.n)]))
  }

  /** The same with the whole records. */
  async truth(generation?: number): Promise<ReadonlyMap<string, VectorRecord>> {
    const place = await this.#placeOf(generation)
    return (place === undefined ? undefined : this.store.truth(place)) ?? new Map()
  }

  async #placeOf(generation: number | undefined): Promise<{ indexName: string; namespace: string } | undefined> {
    const where = generation === undefined ? `state = 'active'` : `generation = ${generation}`
    const [place] = await this.rows<{ indexName: string; namespace: string }>(
      `select index_name as "indexName", namespace from places where ${where}`,
    )
    return place
  }

  /** Lets the world come to rest; then every record, read through every replica, must fit what apps were told. */
  async check(): Promise<void> {
    this.schedule.releaseAll()
    await this.schedule.until(() => this.history.isAnswered)
    // What may still land has landed, and what lags shows.
    await this.schedule.pass(this.settings.storeInDoubtMs + this.settings.storeVisibleMs)
    for (const replica of this.replicas) {
      if (replica.isDead) continue
      for (const id of this.history.ids) await this.run(replica.read(id))
    }
    this.history.check()
    const [worst] = await this.rows<{ repairs: number }>('select max(repairs) as repairs from moves')
    if (!this.spoiled && (worst?.repairs ?? 0) > 0) throw new Error(`the move had to repair ${worst?.repairs} records`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { name } of this.replicas) for (const actor of [name, `${name}.mover`]) this.schedule.kill(actor)
    await this.sql[Symbol.asyncDispose]()
    this.schedule.forget()
  }

  get log() {
    return pino({ level: 'silent' })
  }

  /** Postgres for a person's commands, outside of the order. */
  get #db() {
    this.sql.tellTime()
    return build(this.sql.real)
  }
}
