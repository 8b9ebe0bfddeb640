import type { Clock } from '../../clock.ts'
import { RecentMax } from './recent-max.ts'
import { StoreLag } from './store-lag.ts'

/** Durations that determine a fence's hold. */
export interface RatesNow {
  /** Without both, the store's lag is unknown. */
  readonly isLagKnown: boolean
  /** Visibility lag of the active place, and of the other one, in ms. */
  readonly activeLagMs: number
  readonly followerLagMs: number
  /** Rows copied a second lately. */
  readonly rowsPerS: number
  /** The usual recent duration of one round of copying and comparing. */
  readonly roundMs: number
}

/** Minimum rate assumed where nothing was copied for a while. */
const leastRowsPerS = 200
/** Weight of each new round in the usual duration: a round in which the process stood still soon stops counting. */
const newestShare = 0.2

/** A mover's measurements of a move. They are only in memory: a mover that takes the move over measures anew. */
export class MoveRates {
  readonly #clock: Pick<Clock, 'now'>
  readonly #lags = new Map<number, StoreLag>()
  readonly #rowsPerS = new RecentMax()
  #roundMs = 0
  #waitsSinceMs: number | undefined
  #droppedAtMs: number | undefined
  /** The id up to which unneeded rows were searched; '' at the beginning. */
  droppedTo = ''

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  nowMs(): number {
    return this.#clock.now()
  }

  /** Lag by place instead of by role, since the roles change in a cutover. */
  lagOf(placeId: number): StoreLag {
    const known = this.#lags.get(placeId)
    if (known !== undefined) return known
    const lag = new StoreLag()
    this.#lags.set(placeId, lag)
    return lag
  }

  /** Records a round that began at `begunAtMs`. */
  rounded(begunAtMs: number, rows: number): void {
    const nowMs = this.nowMs()
    const tookMs = Math.max(1, nowMs - begunAtMs)
    this.#roundMs += newestShare * (nowMs - begunAtMs - this.#roundMs)
    if (rows > 0) this.#rowsPerS.note((rows / tookMs) * 1000, nowMs)
  }

  now(activePlaceId: number, followerPlaceId: number): RatesNow {
    const nowMs = this.nowMs()
    const [active, follower] = [this.lagOf(activePlaceId), this.lagOf(followerPlaceId)]
    // Two places of one store: of one that nothing was seen of lately, the other tells more than nothing.
    const lagMs = (one: StoreLag, other: StoreLag) =>
      one.isFresh(nowMs) ? one.at(nowMs) : Math.max(one.at(nowMs), other.at(nowMs))
    return {
      isLagKnown: active.isKnown || follower.isKnown,
      activeLagMs: lagMs(active, follower),
      followerLagMs: lagMs(follower, active),
      rowsPerS: Math.max(leastRowsPerS, this.#rowsPerS.at(nowMs)),
      roundMs: this.#roundMs,
    }
  }

  /** Whether to drop unneeded rows now: at most once a second, since it is not urgent. */
  isDropDue(): boolean {
    const nowMs = this.nowMs()
    if (this.#droppedAtMs !== undefined && nowMs - this.#droppedAtMs < 1000) return false
    this.#droppedAtMs = nowMs
    return true
  }

  /** Time spent waiting for a quieter moment, in ms. */
  waitedMs(): number {
    this.#waitsSinceMs ??= this.nowMs()
    return this.nowMs() - this.#waitsSinceMs
  }

  /** Ends the wait: the fence was tried. */
  waitedEnough(): void {
    this.#waitsSinceMs = undefined
  }
}
