import { type Backoff, backoffMs } from '../backoff.ts'

/**
 * How an attempt ended. `answered`: the dependency works, also where it refused. `failed`: no answer came, or one that
 * says that it does not work. `abandoned`: whoever asked has ended it, which says nothing of the dependency.
 */
export type AttemptEnd = 'answered' | 'failed' | 'abandoned'

/**
 * Why an attempt is not made. `open`: the last ones all failed. `full`: too many wait for an answer already. Nothing
 * was sent, so whoever reports it may promise that nothing was changed.
 */
export interface Refusal {
  readonly refused: 'open' | 'full'
  readonly retryAfterS: number
}

/** One attempt that may be made; call it once, when the attempt has ended. */
export type Pass = (end: AttemptEnd) => void

export interface GuardSettings {
  /** Failed attempts in a row after which no more are made for a while. */
  readonly failures: number
  /** How long that is: `baseMs` at first, longer each time that the attempt after it fails too. */
  readonly open: Backoff
  /** Attempts that may wait for an answer, at most. */
  readonly atOnce: () => number
  /** The same once nothing was answered for `afterMs`, as by a dependency that hangs. */
  readonly silence: { readonly afterMs: number; readonly atOnce: number }
  /** Repeats that are saved up at most, and how many each first attempt and each second add. */
  readonly repeats: { readonly most: number; readonly perAttempt: number; readonly perSecond: number }
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
  readonly random?: () => number
}

export const usualGuard: GuardSettings = {
  failures: 10,
  open: { baseMs: 1_000, maxMs: 15_000 },
  atOnce: () => Number.POSITIVE_INFINITY,
  silence: { afterMs: 2_000, atOnce: 64 },
  repeats: { most: 20, perAttempt: 0.1, perSecond: 1 },
}

/**
 * Keeps a dependency that does not work from taking what others need: a circuit breaker, a bulkhead, and a budget for
 * repeats. It makes no attempt itself and repeats none; it only says whether one may be made.
 *
 * A library's breaker (cockatiel 4) was left for three reasons: callers wait for the probe of a half-open circuit, which
 * takes as long as the dependency hangs; a probe that its caller abandons closes the circuit; and times are those of a
 * clock that people set.
 */
export class Guard {
  readonly #settings: GuardSettings
  readonly #now: () => number
  readonly #onChange: (isOpen: boolean) => void
  #underWay = 0
  /** Begin of the present time without an answer. */
  #silentSinceMs: number
  #failedInARow = 0
  #timesOpened = 0
  #openUntilMs: number | undefined
  /** The one attempt that an open circuit lets through. */
  #probe: Pass | undefined
  #repeats: number
  #repeatsAtMs: number

  constructor(settings: GuardSettings = usualGuard, onChange: (isOpen: boolean) => void = () => undefined) {
    this.#settings = settings
    this.#now = settings.now ?? (() => performance.now())
    this.#onChange = onChange
    this.#silentSinceMs = this.#now()
    this.#repeats = settings.repeats.most
    this.#repeatsAtMs = this.#silentSinceMs
  }

  get isOpen(): boolean {
    return this.#openUntilMs !== undefined
  }

  /** Takes a place for an attempt, or says why none is made. It never waits. */
  enter(): Pass | Refusal {
    const nowMs = this.#now()
    if (this.#openUntilMs !== undefined) {
      const leftMs = this.#openUntilMs - nowMs
      if (leftMs > 0 || this.#probe !== undefined) return { refused: 'open', retryAfterS: secondsOf(leftMs) }
    }
    const { atOnce, silence } = this.#settings
    const isSilent = this.#underWay > 0 && nowMs - this.#silentSinceMs > silence.afterMs
    const most = isSilent ? Math.min(silence.atOnce, atOnce()) : atOnce()
    if (this.#underWay >= most) return { refused: 'full', retryAfterS: 1 }
    if (this.#underWay === 0) this.#silentSinceMs = nowMs
    this.#underWay += 1
    let isOver = false
    const pass: Pass = (end) => {
      if (isOver) return
      isOver = true
      this.#leave(pass, end)
    }
    if (this.#openUntilMs !== undefined) this.#probe = pass
    return pass
  }

  /** Takes a repeat out of the budget, if one is left: a dependency that fails is not asked many times as often. */
  mayRepeat(): boolean {
    this.#saveUp(0)
    if (this.#openUntilMs !== undefined || this.#repeats < 1) return false
    this.#repeats -= 1
    return true
  }

  /** Counts the first attempt of a call, which a share of a repeat comes with. */
  countCall(): void {
    this.#saveUp(this.#settings.repeats.perAttempt)
  }

  #saveUp(more: number): void {
    const nowMs = this.#now()
    const { most, perSecond } = this.#settings.repeats
    this.#repeats = Math.min(most, this.#repeats + more + ((nowMs - this.#repeatsAtMs) / 1_000) * perSecond)
    this.#repeatsAtMs = nowMs
  }

  #leave(pass: Pass, end: AttemptEnd): void {
    this.#underWay -= 1
    const wasProbe = this.#probe === pass
    if (wasProbe) this.#probe = undefined
    if (end === 'answered') this.#answered()
    else if (end === 'failed') this.#failed(wasProbe)
  }

  #failed(wasProbe: boolean): void {
    if (this.#openUntilMs !== undefined) {
      // Attempts from before say nothing new; the probe's failure does.
      if (wasProbe) this.#stayOpen()
      return
    }
    this.#failedInARow += 1
    if (this.#failedInARow < this.#settings.failures) return
    this.#timesOpened = 0
    this.#stayOpen()
    this.#onChange(true)
  }

  #answered(): void {
    this.#silentSinceMs = this.#now()
    this.#failedInARow = 0
    if (this.#openUntilMs === undefined) return
    this.#openUntilMs = undefined
    this.#probe = undefined
    this.#onChange(false)
  }

  #stayOpen(): void {
    this.#openUntilMs = this.#now() + backoffMs(this.#settings.open, this.#timesOpened, this.#settings.random)
    this.#timesOpened += 1
  }
}

export function isRefused(entered: Pass | Refusal): entered is Refusal {
  return typeof entered !== 'function'
}

function secondsOf(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000))
}
