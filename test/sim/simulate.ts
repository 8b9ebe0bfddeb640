import type { Schedule } from './schedule.ts'
import type { SimReplica } from './sim-replica.ts'
import type { OneConnection } from './sim-sql.ts'
import type { Fate } from './sim-store.ts'
import { type SimOptions, SimWorld } from './sim-world.ts'

const ids = ['r1', 'r2', 'r3', 'new']

/**
 * Less of what only waits: the doubts are shorter than the leases, and who asks again and again asks seldom. No time that
 * anything waits for is a multiple of the grain, so that nothing hangs on microseconds, which a plan of Postgres's decides.
 */
const brisk: SimOptions = {
  settings: { fenceBudgetMs: 1_000, storeInDoubtMs: 2_000, storeVisibleMs: 1_000 },
  times: { leaseMs: 6_000, storeCallMs: 2_000, busyWaitMs: 1_500, moverLeaseMs: 3_000 },
  grainMs: 93,
}

export interface Simulated {
  /** What was done, and how the last move ended: for counting what a run has covered. */
  readonly deeds: readonly string[]
  /** Everything that happened, in its order. */
  readonly trace: readonly string[]
}

/**
 * One history out of a seed: two replicas write, delete and read a few records while a tenant is moved and moved back,
 * the store answers badly, processes die, stand still or lose Postgres, and the order of everything is drawn.
 * @throws with the seed when an invariant breaks or an app was told what could not be.
 */
export async function simulate(connection: OneConnection | string, seed: number): Promise<Simulated> {
  const random = generator(seed)
  await using world = await SimWorld.open(connection, brisk)
  const run = new Run(world, random)
  try {
    return await run.play()
  } catch (error) {
    const told = world.schedule.trace.slice(-80).join('\n')
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}\n${told}`, { cause: error })
  }
}

class Run {
  readonly #world: SimWorld
  readonly #random: () => number
  readonly #deeds: string[] = []
  #value = 0
  #crashes = 0
  #calm = false

  constructor(world: SimWorld, random: () => number) {
    this.#world = world
    this.#random = random
  }

  async play(): Promise<Simulated> {
    const { store, schedule } = this.#world
    store.hasLsns = this.#chance(0.5)
    const lagMs = this.#oneOf([0, 0, 150, 850])
    store.lagMs = () => Math.floor(this.#random() * lagMs)
    const faults = this.#oneOf([0, 0.05, 0.2])
    store.fate = (_, isStamped) => this.#fate(faults, isStamped)
    await this.#world.replica('a')
    await this.#world.replica('b', { mover: this.#chance(0.5) })
    const patience = this.#oneOf([0.02, 0.1, 0.3])
    schedule.pick = (points, canWait) => {
      if (this.#calm) return points[0]
      return canWait && this.#chance(patience) ? undefined : this.#oneOf(points)
    }
    await this.#begin()
    const turns = this.#oneOf([10, 16, 24])
    for (let turn = 0; turn < turns; turn += 1) {
      await this.#act()
      await this.#some(schedule, 2 + Math.floor(this.#random() * 22))
    }
    await this.#end()
    return { deeds: this.#deeds, trace: schedule.trace }
  }

  /** The move that it is about has come as far as is drawn when things begin to go wrong. */
  async #begin(): Promise<void> {
    const state = this.#oneOf(['queued', 'queued', 'copying', 'verifying', 'soaking'] as const)
    this.#calm = true
    await this.#steer()
    if (state !== 'queued') await this.#world.until(state)
    this.#calm = false
  }

  /** Whatever an app, a person or fate does next. */
  async #act(): Promise<void> {
    const roll = this.#random()
    const replica = this.#oneOf(this.#world.replicas.filter((one) => !one.isDead))
    if (roll < 0.72) this.#request(replica)
    else if (roll < 0.88) await this.#steer()
    else if (roll < 0.92 && this.#crashes < 2) await this.#crash(replica)
    else if (roll < 0.96) await this.#standStill(replica)
    else await this.#loseRegistry(replica)
  }

  #request(replica: SimReplica): void {
    const id = this.#oneOf(ids)
    const roll = this.#random()
    this.#value += 1
    const [name, deed] =
      roll < 0.3
        ? ['read', replica.read(id)]
        : roll < 0.68
          ? ['put', replica.put(id, this.#value)]
          : roll < 0.92
            ? ['delete', replica.delete(id)]
            : ['delete by filter', replica.deleteFound((one) => one >= id)]
    this.#deeds.push(name)
    // What it was told is in the history.
    deed.catch(() => undefined)
  }

  async #steer(): Promise<void> {
    const move = await this.#world.move().catch(() => undefined)
    const deed = (await this.#isOpen())
      ? move?.state === 'paused'
        ? 'resume'
        : move?.state === 'soaking'
          ? this.#oneOf(['complete', 'complete', 'rollback'] as const)
          : this.#oneOf(['cancel', 'pause', 'pause', ...Array<undefined>(13).fill(undefined)] as const)
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
    const part = this.#chance(0.5) ? 'mover' : 'all'
    replica.kill(part)
    this.#deeds.push(`crash ${part}`)
    await this.#world.replica(`c${this.#crashes}`)
  }

  /** A process that stands still, and goes on when its leases may have run out. */
  async #standStill({ name }: SimReplica): Promise<void> {
    const still = this.#world.schedule.hold(new RegExp(`^${name}[:.]`))
    this.#deeds.push('stand still')
    await this.#world.schedule.pass(this.#oneOf([300, 2_500, 7_000]))
    still.release()
  }

  async #loseRegistry({ name }: SimReplica): Promise<void> {
    for (const actor of [name, `${name}.mover`]) this.#world.sql.cutOff(actor, true)
    this.#deeds.push('lose registry')
    await this.#world.schedule.pass(this.#oneOf([300, 2_500, 7_000]))
    for (const actor of [name, `${name}.mover`]) this.#world.sql.cutOff(actor, false)
  }

  /** Without new faults every move ends (L2), and everything fits together. */
  async #end(): Promise<void> {
    this.#world.store.fate = () => 'done'
    this.#calm = true
    if ((await this.#world.move().catch(() => undefined))?.state === 'paused') await this.#world.steer('resume')
    if (await this.#isOpen()) {
      await this.#world.until('soaking', 'completed', 'cancelled', 'rolled_back', 'failed')
      this.#deeds.push((await this.#world.move()).state)
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
    if (this.#calm || !this.#chance(faults)) return 'done'
    // A hidden retry of a write that nobody journals is the adapter's affair (docs/moves.md A0).
    return this.#oneOf(
      isStamped ? ['lost', 'unanswered', 'late', 'late', 'repeated', 'busy'] : ['lost', 'unanswered', 'late', 'busy'],
    )
  }

  #chance(of: number): boolean {
    return this.#random() < of
  }

  #oneOf<T>(all: readonly T[]): T {
    return all[Math.floor(this.#random() * all.length)] as T
  }
}

/** Mulberry32 by Tommy Ettinger: numbers in [0, 1), the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
