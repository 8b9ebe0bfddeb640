import { type PaceSettings, paceSettings } from './pace-settings.ts'

/** Weights of each new answer in the usual and in the recent mean. */
const usualShare = 0.02
const recentShare = 0.3
/** Answers whose mean is the usual one; a move's own reads are among them. */
const firstAnswers = 20

/**
 * The call rate of one index: a token bucket. Its rate rises by a fixed amount a second and is halved when the index is
 * in trouble: when it refuses a call (429) or answers much later than usual.
 */
export class Pace {
  readonly #settings: PaceSettings
  readonly #nowMs: () => number
  #perSecond: number
  #tokens: number
  #filledAtMs: number
  #troubleAtMs = Number.NEGATIVE_INFINITY
  #answers = 0
  #usualMs = 0
  #recentMs = 0

  constructor(nowMs: () => number, settings: PaceSettings = paceSettings) {
    this.#settings = settings
    this.#nowMs = nowMs
    this.#perSecond = settings.maxPerSecond
    this.#tokens = settings.atOnce ?? settings.maxPerSecond
    this.#filledAtMs = nowMs()
  }

  get perSecond(): number {
    this.#fill()
    return this.#perSecond
  }

  /** Takes the cost of a call. @returns how long the call has to wait, in ms. */
  take(cost: number): number {
    this.#fill()
    this.#tokens -= cost
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000
  }

  /** Records that the index has refused a call. */
  refused(): void {
    this.#slowDown()
  }

  /** Records the time of an answer to a call whose time is usually constant. */
  answered(ms: number): void {
    const { slowerThanUsual, slowMs } = this.#settings
    this.#answers += 1
    this.#recentMs += (this.#answers === 1 ? 1 : recentShare) * (ms - this.#recentMs)
    const isSlow = this.#recentMs > slowMs && this.#recentMs > slowerThanUsual * this.#usualMs
    if (isSlow && this.#answers > firstAnswers) this.#slowDown()
    this.#usualMs += Math.max(usualShare, 1 / this.#answers) * (ms - this.#usualMs)
  }

  #slowDown(): void {
    this.#fill()
    const { decreaseTo, minPerSecond, oneTroubleMs } = this.#settings
    const now = this.#nowMs()
    if (now - this.#troubleAtMs < oneTroubleMs) return
    this.#troubleAtMs = now
    this.#perSecond = Math.max(minPerSecond, this.#perSecond * decreaseTo)
    // Saved tokens would let calls go on at the old rate.
    this.#tokens = Math.min(this.#tokens, 0)
  }

  #fill(): void {
    const now = this.#nowMs()
    const seconds = (now - this.#filledAtMs) / 1000
    const { maxPerSecond, increasePerSecond, atOnce = this.#perSecond } = this.#settings
    this.#filledAtMs = now
    this.#tokens = Math.min(atOnce, this.#tokens + seconds * this.#perSecond)
    this.#perSecond = Math.min(maxPerSecond, this.#perSecond + seconds * increasePerSecond)
  }
}
