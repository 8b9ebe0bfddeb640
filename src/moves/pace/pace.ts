import { type PaceSettings, paceSettings } from './pace-settings.ts'

/** How much of each new answer goes into what is usual, and into what is lately so. */
const usualShare = 0.02
const recentShare = 0.3
/** What is usual is the mean of the first answers, those that a move's own reads hold up among them. */
const firstAnswers = 20

/**
 * How fast one index may be called: a token bucket whose rate rises by a fixed amount a second and is cut by half when
 * the index is in trouble, that is when it refuses a call (429) or answers much later than it did.
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
    this.#tokens = settings.maxPerSecond
    this.#filledAtMs = nowMs()
  }

  get perSecond(): number {
    this.#fill()
    return this.#perSecond
  }

  /** Takes what a call costs. @returns how long the call has to wait, in ms. */
  take(cost: number): number {
    this.#fill()
    this.#tokens -= cost
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000
  }

  /** The index has refused a call. */
  refused(): void {
    this.#slowDown()
  }

  /** The index has answered a call of a kind that always takes about as long. */
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
    // What was saved up would go on at the old rate.
    this.#tokens = Math.min(this.#tokens, 0)
  }

  #fill(): void {
    const now = this.#nowMs()
    const seconds = (now - this.#filledAtMs) / 1000
    const { maxPerSecond, increasePerSecond } = this.#settings
    this.#filledAtMs = now
    this.#tokens = Math.min(this.#perSecond, this.#tokens + seconds * this.#perSecond)
    this.#perSecond = Math.min(maxPerSecond, this.#perSecond + seconds * increasePerSecond)
  }
}
