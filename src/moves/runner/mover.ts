import { hostname } from 'node:os'
import { type Clock, systemClock } from '../../clock.ts'
import { type Claim, type JobEnd, LeasedJobs } from '../../concurrency/leased-jobs.ts'
import type { Database } from '../../db/connect.ts'
import { LostMove, type MoveRow, movesChannel } from '../state/move-history.ts'
import { type ClaimMoveOptions, claimMove, claimSoakingMove, releaseClaim, renewClaim } from './claim-move.ts'
import { reopenFences } from './reopen-fences.ts'
import { RunMemory } from './run-memory.ts'
import { type RunMoveDeps, runMove } from './run-move.ts'
import { soakRound } from './soak-round.ts'

export interface MoverOptions {
  /** Time that a silent mover keeps its move. */
  readonly leaseMs: number
  /** Concurrent moves of this replica, apart from those that soak. */
  readonly maxMoves: number
  readonly pollMs: number
}

/** Soaking moves handled together: a round of one is a few calls, and one that hangs blocks no other. */
const soakSlots = 4

/**
 * One replica's mover: it claims moves without a mover and carries them on until they rest. Soaking moves have a
 * separate loop, a round of each in turn: they may soak for days, and occupy no slot.
 */
export class Mover implements AsyncDisposable {
  readonly #database: Database
  readonly #deps: RunMoveDeps
  readonly #options: MoverOptions
  readonly #clock: Clock
  readonly #moving: LeasedJobs<MoveRow, number>
  readonly #soaking: LeasedJobs<MoveRow, number>
  readonly #memory: RunMemory
  #stopped = false
  #timer: ReturnType<Clock['every']> | undefined
  #unlisten: (() => Promise<void>) | undefined

  constructor(database: Database, deps: Omit<RunMoveDeps, 'db'>, options: MoverOptions) {
    this.#database = database
    this.#deps = { ...deps, db: database.db }
    this.#options = options
    this.#clock = deps.clock ?? systemClock
    this.#memory = new RunMemory(this.#clock, deps.settings.storeInDoubtMs)
    this.#moving = this.#jobs(options.maxMoves, claimMove, runMove)
    this.#soaking = this.#jobs(soakSlots, claimSoakingMove, soakRound)
  }

  async start(): Promise<void> {
    const look = () => this.#look()
    this.#unlisten = await this.#database.listen(movesChannel, look, look)
    this.#timer = this.#clock.every(this.#options.pollMs, look)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    this.#timer?.stop()
    for (const jobs of [this.#moving, this.#soaking]) jobs.stop(new Error('the mover stops'))
    await this.#unlisten?.().catch(() => undefined)
    await Promise.all([this.#moving[Symbol.asyncDispose](), this.#soaking[Symbol.asyncDispose]()])
  }

  #look(): void {
    if (this.#stopped) return
    void this.#openFences()
    this.#moving.wake()
    this.#soaking.wake()
  }

  /** Runs even when every slot is taken: every replica opens a fence that is past its deadline. */
  async #openFences(): Promise<void> {
    try {
      await reopenFences(this.#database.db)
    } catch (error) {
      if (!this.#stopped) this.#warn(error, 'looking for open fences failed')
    }
  }

  /** A loop of claimed moves, each run by `run`, which returns how long the move then rests. */
  #jobs(
    slots: number,
    claim: (db: RunMoveDeps['db'], options: ClaimMoveOptions) => Promise<MoveRow | undefined>,
    run: typeof runMove,
  ): LeasedJobs<MoveRow, number> {
    const { db } = this.#database
    const { leaseMs } = this.#options
    const host = hostname()
    return new LeasedJobs<MoveRow, number>(
      {
        claim: () => claim(db, { leaseMs, host }),
        renew: (move) => renewClaim(db, move, leaseMs),
        run: (move, held: Claim) => run(this.#deps, move, held, this.#memory.of(move.id)),
        release: (move, end) => this.#release(move, end),
        onFault: (error, during) => this.#warn(error, `the mover could not ${during} a move`),
      },
      { leaseMs, slots, clock: this.#clock },
    )
  }

  async #release(move: MoveRow, end: JobEnd<number>): Promise<void> {
    // Another mover has it now, and needs nothing from this one.
    if (end.kind === 'lost' || (end.kind === 'failed' && end.error instanceof LostMove)) return
    if (end.kind === 'failed') this.#warn(end.error, 'a move could not be continued', move.id)
    const restMs = end.kind === 'done' ? end.result : end.kind === 'failed' ? this.#options.pollMs : 0
    await releaseClaim(this.#database.db, move, restMs)
    if (restMs > 0) void this.#clock.sleep(restMs).then(() => this.#look())
  }

  #warn(error: unknown, words: string, move?: string): void {
    if (!(error instanceof LostMove)) this.#deps.log.warn({ err: error, ...(move !== undefined && { move }) }, words)
  }
}
