import { Draw } from './draw.ts'
import { readRows } from './invariants.ts'
import type { OneConnection } from './one-connection.ts'
import { alsoWatched, Requests } from './requests.ts'
import type { Schedule } from './schedule.ts'
import { inLanes, type SimOptions } from './sim-options.ts'
import type { SimReplica } from './sim-replica.ts'
import type { Fate } from './sim-store.ts'
import { SimWorld } from './sim-world.ts'

/**
 * Less of what only waits: the doubts are shorter than the leases, and who asks again and again asks seldom. No time that
 * anything waits for is a multiple of the grain, so that nothing hangs on microseconds, which a plan of Postgres's decides.
 */
const brisk: SimOptions = {
  settings: { fenceBudgetMs: 1_000, storeInDoubtMs: 2_000, storeVisibleMs: 1_000 },
  times: { leaseMs: 6_000, storeCallMs: 2_000, busyWaitMs: 1_500, moverLeaseMs: 3_000 },
  grainMs: 93,
  whole: alsoWatched,
}

/** Kinds of the next act, with their weights. */
const acts = { request: 70, steer: 15, crash: 3, still: 4, cut: 4, lag: 5 }

/** Lag with which a place may show its writes, in ms: below the bound, and some places at times at once. */
const lags = [0, 150, 850]

/** Each fifth history's moves go to another embedding model. */
const transformsEvery = 5

/** Two histories of three copy in lanes. */
function settingsOf(seed: number): SimOptions {
  const lanes = seed % 3 === 0 ? {} : inLanes
  return { ...brisk, settings: { ...brisk.settings, ...lanes } }
}

export interface Simulated {
  /** Deeds done, and the last move's end, to count what a run has covered. */
  readonly deeds: readonly string[]
  /** Everything that happened, in its order. */
  readonly trace: readonly string[]
}

/**
 * Plays one history of a seed. Two replicas write, change, delete and read a few records and documents through the
 * verbs while a tenant is moved and moved back. The store shows writes late and answers badly, somebody damages a
 * place, processes die, stand still or lose Postgres, and the order of everything is drawn.
 * @param damageShare share of histories in which a place is damaged, from 0 to 1.
 * @throws with the seed when an invariant breaks or an app got an impossible answer.
 */
export async function simulate(connection: OneConnection | string, seed: number, damageShare = 0): Promise<Simulated> {
  const draw = new Draw(seed)
  await using world = await SimWorld.open(connection, { ...settingsOf(seed), transforms: seed % transformsEvery === 0 })
  const run = new Run(world, draw, damageShare)
  try {
    return await run.play()
  } catch (error) {
    const told = world.schedule.trace.slice(-80).join('\n')
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}\n${told}`, { cause: error })
  }
}

class Run {
  readonly #world: SimWorld
  readonly #draw: Draw
  readonly #requests: Requests
  readonly #deeds: string[] = []
  /** Present lag of each generation, in ms. */
  readonly #lagMs = new Map<string, number>()
  readonly #mayLag: boolean
  #mayDamage: boolean
  #crashes = 0
  #calm = false

  constructor(world: SimWorld, draw: Draw, damageShare: number) {
    this.#world = world
    this.#draw = draw
    this.#requests = new Requests(draw, world.transforms)
    this.#mayLag = draw.chance(0.75)
    this.#mayDamage = draw.chance(damageShare)
  }

  async play(): Promise<Simulated> {
    const { store, schedule } = this.#world
    const draw = this.#draw
    store.hasLsns = draw.chance(0.5)
    store.lagMs = (label) => draw.below(1 + this.#lagOf(/ (g\d+)/.exec(label)?.[1] ?? ''))
    const faults = draw.oneOf([0, 0.05, 0.2])
    store.fate = (_, isStamped) => this.#fate(faults, isStamped)
    await this.#world.replica('a')
    await this.#world.replica('b', { mover: draw.chance(0.5) })
    const patience = draw.oneOf([0.02, 0.1, 0.3])
    schedule.pick = (points, canWait) => {
      if (this.#calm) return points[0]
      return canWait && draw.chance(patience) ? undefined : draw.oneOf(points)
    }
    await this.#begin()
    const turns = draw.oneOf([10, 16, 24])
    for (let turn = 0; turn < turns; turn += 1) {
      await this.#act()
      await this.#some(schedule, 2 + draw.below(22))
    }
    await this.#end()
    return { deeds: this.#deeds, trace: schedule.trace }
  }

  /** The move that it is about has come as far as is drawn when things begin to go wrong. */
  async #begin(): Promise<void> {
    const state = this.#draw.oneOf(['queued', 'queued', 'copying', 'verifying', 'soaking'] as const)
    this.#calm = true
    await this.#steer()
    if (state !== 'queued') await this.#world.until(state)
    this.#calm = false
  }

  /** Plays the next act of an app, a person or fate. */
  async #act(): Promise<void> {
    const replica = this.#draw.oneOf(this.#world.replicas.filter((one) => !one.isDead))
    const act = this.#draw.weighed({ ...acts, damage: this.#mayDamage ? 20 : 0 })
    if (act === 'request') this.#deeds.push(this.#requests.begin(replica.app, (id) => replica.read(id)))
    else if (act === 'steer') await this.#steer()
    else if (act === 'crash' && this.#crashes < 2) await this.#crash(replica)
    else if (act === 'still') await this.#standStill(replica)
    else if (act === 'cut') await this.#loseRegistry(replica)
    else if (act === 'lag') for (const place of this.#lagMs.keys()) this.#lagMs.set(place, this.#draw.oneOf(lags))
    else if (act === 'damage') await this.#damage()
  }

  #lagOf(place: string): number {
    if (!this.#mayLag) return 0
    const known = this.#lagMs.get(place) ?? this.#draw.oneOf(lags)
    this.#lagMs.set(place, known)
    return known
  }

  async #steer(): Promise<void> {
    const move = await this.#world.move().catch(() => undefined)
    const deed = (await this.#isOpen())
      ? move?.state === 'paused'
        ? 'resume'
        : move?.state === 'soaking'
          ? this.#draw.oneOf(['complete', 'complete', 'rollback', 'rollback'] as const)
          : this.#draw.oneOf(['cancel', 'pause', 'pause', ...Array<undefined>(13).fill(undefined)] as const)
      : (await this.#isInSilo())
        ? 'demote'
        : 'promote'
    if (deed === undefined) return
    const work = deed === 'promote' || deed === 'demote' ? this.#world[deed]() : this.#world.steer(deed, move?.id)
    await work.then(
      () => this.#deeds.push(deed),
      () => this.#deeds.push(`${deed} refused`),
    )
  }

  async #crash(replica: SimReplica): Promise<void> {
    this.#crashes += 1
    const part = this.#draw.chance(0.5) ? 'mover' : 'all'
    replica.kill(part)
    this.#deeds.push(`crash ${part}`)
    await this.#world.replica(`c${this.#crashes}`)
  }

  /** A process that stands still, and goes on when its leases may have run out. */
  async #standStill({ name }: SimReplica): Promise<void> {
    const still = this.#world.schedule.hold(new RegExp(`^${name}[:.]`))
    this.#deeds.push('stand still')
    await this.#world.schedule.pass(this.#draw.oneOf([300, 2_500, 7_000]))
    still.release()
  }

  async #loseRegistry({ name }: SimReplica): Promise<void> {
    for (const actor of [name, `${name}.mover`]) this.#world.sql.cutOff(actor, true)
    this.#deeds.push('lose registry')
    await this.#world.schedule.pass(this.#draw.oneOf([300, 2_500, 7_000]))
    for (const actor of [name, `${name}.mover`]) this.#world.sql.cutOff(actor, false)
  }

  /** Once, somebody tidies up in one of the two places of a move that copies or soaks. */
  async #damage(): Promise<void> {
    const { state } = await readRows(this.#world)
    if (state !== 'copying' && state !== 'soaking') return
    this.#mayDamage = false
    const of = this.#draw.oneOf(['active', 'follower'] as const)
    const isWhole = this.#draw.chance(0.4)
    await this.#world.damage(isWhole ? { of } : { of, ids: ['r3', 'r4', 'r5'].slice(this.#draw.below(3)) })
    this.#deeds.push(`damage ${of} while ${state}`)
  }

  /**
   * Ends the history: without new faults every move ends (L2), and everything fits together. A damaged one may wait for
   * a person.
   */
  async #end(): Promise<void> {
    this.#world.store.fate = () => 'done'
    this.#calm = true
    if ((await this.#world.move().catch(() => undefined))?.state === 'paused') await this.#world.steer('resume')
    if (this.#world.damaged) await this.#world.schedule.pass(20_000)
    else if (await this.#isOpen()) {
      // A tenant that deletes everything while its old place is about to go makes the move ask a person first.
      await this.#world.untilMove(({ state, ended, stopped }) => ended || stopped || state === 'soaking')
      const { state, stopped } = await this.#world.move()
      this.#deeds.push(stopped ? 'stopped for a person' : state)
    }
    await this.#world.check()
  }

  async #isInSilo(): Promise<boolean> {
    const [index] = await this.#world.rows<{ kind: string }>(
      'select kind from routing join places p on p.id = active_place_id join indexes i on i.id = p.index_id',
    )
    return index?.kind === 'silo'
  }

  async #isOpen(): Promise<boolean> {
    const move = await this.#world.move().catch(() => undefined)
    return move !== undefined && !move.ended
  }

  async #some(schedule: Schedule, steps: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) await schedule.step()
  }

  #fate(faults: number, isStamped: boolean): Fate {
    if (this.#calm || !this.#draw.chance(faults)) return 'done'
    // A hidden retry of a write that nobody logs is the adapter's affair (docs/moves.md A0).
    return this.#draw.oneOf(
      isStamped ? ['lost', 'unanswered', 'late', 'late', 'repeated', 'busy'] : ['lost', 'unanswered', 'late', 'busy'],
    )
  }
}
