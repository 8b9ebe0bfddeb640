import { type Clock, systemClock } from '../clock.ts'
import type { Database } from '../db/connect.ts'
import { claimMove, releaseClaim, renewClaim } from './claim-move.ts'
import { LostMove, type MoveRow, movesChannel } from './journal.ts'
import { reopenFences } from './reopen-fences.ts'
import { type RunMoveDeps, runMove } from './run-move.ts'

export interface MoverOptions {
  /** How long a mover that is not heard of keeps its move. */
  readonly leaseMs: number
  /** Moves carried on at once by this replica. */
  readonly maxMoves: number
  readonly pollMs: number
}

/** The mover of one replica: takes moves that nobody carries on, and carries them on until they rest. */
export class Mover implements AsyncDisposable {
  readonly #database: Database
  readonly #deps: RunMoveDeps
  readonly #options: MoverOptions
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #clock: Clock
  #timer: ReturnType<Clock['every']> | undefined
  #unlisten: (() => Promise<void>) | undefined
  #looking = false

  constructor(database: Database, deps: Omit<RunMoveDeps, 'db'>, options: MoverOptions) {
    this.#database = database
    this.#deps = { ...deps, db: database.db }
    this.#options = options
    this.#clock = deps.clock ?? systemClock
  }

  async start(): Promise<void> {
    const look = () => void this.#look()
    const listening = await this.#database.sql.listen(movesChannel, look, look)
    this.#unlisten = listening.unlisten
    this.#timer = this.#clock.every(this.#options.pollMs, look)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.stop()
    this.#stop.abort(new Error('the mover stops'))
    await this.#unlisten?.().catch(() => undefined)
    await Promise.all(this.#running)
  }

  async #look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      await reopenFences(this.#database.db)
      while (!this.#stop.signal.aborted && this.#running.size < this.#options.maxMoves) {
        const { leaseMs } = this.#options
        const move = await claimMove(this.#database.db, { leaseMs })
        if (move === undefined) break
        const run = this.#carry(move).finally(() => this.#running.delete(run))
        this.#running.add(run)
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#deps.log.warn({ err: error }, 'the mover could not look for moves')
    } finally {
      this.#looking = false
    }
  }

  /** Carries one move on while its claim is renewed; a claim that can't be renewed stops the work at once. */
  async #carry(move: MoveRow): Promise<void> {
    const { leaseMs } = this.#options
    const lost = new AbortController()
    const signal = AbortSignal.any([this.#stop.signal, lost.signal])
    let renewedAtMs = this.#clock.now()
    const renewal = this.#clock.every(leaseMs / 4, async () => {
      // A claim that was not renewed for nine tenths of its time is taken to be lost, by our own clock.
      if (this.#clock.now() - renewedAtMs > leaseMs * 0.9) lost.abort(new LostMove(`the claim on ${move.id} ran out`))
      const sentAtMs = this.#clock.now()
      const renewed = await renewClaim(this.#database.db, move, leaseMs).catch(() => undefined)
      if (renewed) renewedAtMs = sentAtMs
      if (renewed === false) lost.abort(new LostMove(`move ${move.id} has another mover`))
    })
    let restMs: number | undefined
    try {
      restMs = await runMove(this.#deps, move, signal)
    } catch (error) {
      if (!(error instanceof LostMove) && !signal.aborted) {
        this.#deps.log.warn({ err: error, move: move.id }, 'a move could not be carried on')
        restMs = this.#options.pollMs
      }
    } finally {
      renewal.stop()
      await releaseClaim(this.#database.db, move, restMs).catch(() => undefined)
    }
  }
}
