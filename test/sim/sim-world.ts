import { pino } from 'pino'
import type { StaffPrincipal } from '../../src/auth/principal.ts'
import type { MoveRow } from '../../src/moves/journal.ts'
import type { MoveState } from '../../src/moves/move-state.ts'
import { startMove } from '../../src/moves/start-move.ts'
import { cancelMove, completeMove, pauseMove, resumeMove, rollbackMove } from '../../src/moves/steer-move.ts'
import type { MoveSettings } from '../../src/moves/step.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { seedTenant } from '../support/seed.ts'
import { build } from './build-db.ts'
import { History } from './history.ts'
import { checkLanded, checkRows, readRows } from './invariants.ts'
import { Schedule } from './schedule.ts'
import { type ReplicaTimes, replicaTimes, SimReplica } from './sim-replica.ts'
import { type OneConnection, SimSql } from './sim-sql.ts'
import { SimStore } from './sim-store.ts'
import { Watch } from './watch.ts'

const staff: StaffPrincipal = { kind: 'staff', subject: 'pat', roles: new Set(['platform']) }
export const acme = parseTenantId('acme')

const simSettings: MoveSettings = {
  ...{ project: 'default', cloud: 'aws', region: 'us-east-1', indexPrefix: 'tr', projectIndexLimit: 20 },
  ...{
    retentionMs: 3_600_000,
    fenceBudgetMs: 5_000,
    storeInDoubtMs: 5_000,
    storeVisibleMs: 3_000,
    readGraceMs: 0,
    staleReadsMs: 0,
    // That wait is by the real clock, inside of a transaction, and here nobody else goes on meanwhile.
    drainMs: 0,
  },
}

export interface SimOptions {
  readonly settings?: Partial<MoveSettings>
  readonly times?: Partial<ReplicaTimes>
  /** Timers go off at multiples of this. */
  readonly grainMs?: number
  /** After so many steps what is waited for is taken never to come. */
  readonly maxSteps?: number
  /** Records beside the five that are watched. */
  readonly moreRecords?: number
}

/** What a person can ask of a move. */
export type Steering = 'cancel' | 'complete' | 'rollback' | 'pause' | 'resume'
const steering = {
  cancel: cancelMove,
  complete: completeMove,
  rollback: rollbackMove,
  pause: pauseMove,
  resume: resumeMove,
}

/**
 * One tenant, `acme`, with records r1 … r5 of value 0, in a world where everything happens in one order: the real routes,
 * gates and movers on a real Postgres, on a simulated store and clock.
 */
export class SimWorld implements AsyncDisposable {
  readonly schedule: Schedule
  readonly store: SimStore
  readonly sql: SimSql
  readonly history = new History()
  readonly replicas: SimReplica[] = []
  readonly settings: MoveSettings
  readonly times: ReplicaTimes
  /** Records that a test itself spoiled: a move may find them to differ. */
  spoiled = false
  #transactions = 0

  private constructor(schedule: Schedule, sql: SimSql, options: SimOptions) {
    this.schedule = schedule
    this.sql = sql
    this.settings = { ...simSettings, ...options.settings }
    this.times = { ...replicaTimes, ...options.times }
    this.store = new SimStore(schedule, this.settings.storeInDoubtMs)
  }

  /** @param connection to a migrated database that is this world's alone; its rows are dropped. */
  static async open(connection: OneConnection | string, options: SimOptions = {}): Promise<SimWorld> {
    const schedule = new Schedule(options.grainMs, options.maxSteps)
    const world = new SimWorld(schedule, await SimSql.open(connection, schedule), options)
    await seedTenant({ sql: world.sql.real }, { id: acme, host: 'http://tr-pool-1', dimension: 4 })
    const ids = ['r1', 'r2', 'r3', 'r4', 'r5']
    for (const id of ids) world.history.begin(id, 0)
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
        checkRows(world, rows)
        if (world.sql.changes > changes) watch.check(actor, rows, world.sql.said)
        checked = now
        changes = world.sql.changes
      }
      if (deed.startsWith('sql update moves set mover_token')) await watch.noteClaim(actor)
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

  async promote(): Promise<string> {
    return (await startMove({ db: this.#db, settings: this.settings }, staff, { tenantId: acme, kind: 'promote' })).id
  }

  /** Back into the shared index. */
  async demote(): Promise<string> {
    return (await startMove({ db: this.#db, settings: this.settings }, staff, { tenantId: acme, kind: 'demote' })).id
  }

  async steer(deed: Steering, id?: string): Promise<void> {
    await steering[deed]({ db: this.#db }, staff, id ?? (await this.move()).id)
  }

  /** The last move, as it is in the rows. */
  async move(): Promise<Pick<MoveRow, 'id' | 'state' | 'gate' | 'repairs' | 'error'> & { ended: boolean }> {
    const [row] = await this.rows<{
      id: string
      state: MoveState
      gate: string
      repairs: number
      error: string
      ended: boolean
    }>(
      'select id, state, gate, repairs, error, ended_at is not null as ended from moves order by created_at desc limit 1',
    )
    if (row === undefined) throw new Error('no move was started')
    return row
  }

  async rows<T>(query: string): Promise<readonly T[]> {
    return (await this.sql.real.unsafe(query, [], { prepare: true })).map((row) => ({ ...row })) as T[]
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
    let [seen, steps] = ['', -1]
    await this.schedule
      .until(async () => {
        // Only a transaction changes a move.
        if (steps === this.#transactions) return false
        steps = this.#transactions
        const { state, ended, error } = await this.move()
        seen = state
        if (ended && !states.includes(state)) throw new Error(`the move ended as ${state}: ${error}`)
        return states.includes(state)
      })
      .catch((error) => {
        throw new Error(`the move is ${seen}, not ${states.join()}: ${error}`)
      })
  }

  /** The rows' active place (or that of a generation) as it truly is: value by id. */
  async contents(generation?: number): Promise<Record<string, number>> {
    const where = generation === undefined ? `state = 'active'` : `generation = ${generation}`
    const [place] = await this.rows<{ indexName: string; namespace: string }>(
      `select index_name as "indexName", namespace from places where ${where}`,
    )
    const truth = place === undefined ? undefined : this.store.truth(place)
    return Object.fromEntries([...(truth ?? [])].map(([id, one]) => [id, Number(one.metadata?.n)]))
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

export function record(id: string, n: number) {
  return { id, values: [1, n, 0, 1], metadata: { n } }
}
