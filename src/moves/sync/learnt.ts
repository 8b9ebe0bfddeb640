import type { Clock } from '../../clock.ts'
import { RecentMax } from './recent-max.ts'
import { StoreLag } from './store-lag.ts'

/** How long things take that a fence waits for. */
export interface Rates {
  /** Without both, nothing is known of how late the store shows writes. */
  readonly isLagKnown: boolean
  /** How late the active place shows writes, and how late the other one does, in ms. */
  readonly activeLagMs: number
  readonly followerLagMs: number
  /** Rows carried over a second, as fast as it went lately. */
  readonly rowsPerS: number
  /** One round of carrying over and comparing, as it usually is lately. */
  readonly roundMs: number
}

/** Where nothing was carried over for a while, it is at least this fast. */
const leastRowsPerS = 200
/** How much of each new round goes into what is usual: one in which the process stood still is soon forgotten. */
const newestShare = 0.2

/**
 * What a mover learns about a move while it carries it on. It is kept in memory alone: whoever takes the move over
 * learns it anew.
 */
export class Learnt {
  readonly #clock: Pick<Clock, 'now'>
  readonly #lags = new Map<number, StoreLag>()
  readonly #rowsPerS = new RecentMax()
  #roundMs = 0
  #waitsSinceMs: number | undefined
  #droppedAtMs: number | undefined
  /** The id up to which rows that nobody needs were looked for; '' at the beginning. */
  droppedTo = ''

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  nowMs(): number {
    return this.#clock.now()
  }

  /** By the place and not by its role, for the roles change in a switch. */
  lagOf(placeId: number): StoreLag {
    const known = this.#lags.get(placeId)
    if (known !== undefined) return known
    const lag = new StoreLag()
    this.#lags.set(placeId, lag)
    return lag
  }

  /** A round has ended that began at `begunAtMs`. */
  rounded(begunAtMs: number, rows: number): void {
    const nowMs = this.nowMs()
    const tookMs = Math.max(1, nowMs - begunAtMs)
    this.#roundMs += newestShare * (nowMs - begunAtMs - this.#roundMs)
    if (rows > 0) this.#rowsPerS.note((rows / tookMs) * 1000, nowMs)
  }

  rates(activePlaceId: number, followerPlaceId: number): Rates {
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

  /** Whether rows that nobody needs are to be dropped: once a second at most, for it is no haste. */
  isDropDue(): boolean {
    const nowMs = this.nowMs()
    if (this.#droppedAtMs !== undefined && nowMs - this.#droppedAtMs < 1000) return false
    this.#droppedAtMs = nowMs
    return true
  }

  /** For how long a quieter moment has been waited for, in ms. */
  waitedMs(): number {
    this.#waitsSinceMs ??= this.nowMs()
    return this.nowMs() - this.#waitsSinceMs
  }

  /** The wait is over: the fence was tried. */
  waitedEnough(): void {
    this.#waitsSinceMs = undefined
  }
}
