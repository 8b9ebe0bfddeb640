/** Share of a limit that all replicas together use before they report it: it keeps limits right within 1 %. */
const creditShare = 100

/**
 * One replica's view of one quota of one tenant in the present window: a value, and each reducer returns the next one.
 * At most one of `held` and `debt` is above 0.
 */
export interface QuotaWindow {
  /** Windows since the epoch; -1 before the first use. */
  readonly no: number
  readonly limit: number
  /** Permits that were granted and are not used. */
  readonly held: number
  /** Uses that were neither granted nor reported. */
  readonly debt: number
  /** Permits that the window had left for all replicas after the last exchange. */
  readonly left: number
  /** `left` comes from an exchange; before the first one it is the whole limit, assumed. */
  readonly isKnown: boolean
  /** Until then another request for permits is pointless: the last one found nothing. */
  readonly exhaustedUntilMs: number
  readonly reportedAtMs: number
}

export function newQuotaWindow(limit: number): QuotaWindow {
  return rolled(Math.floor(limit), -1, 0)
}

/** Begins a new window when the present one is over. */
export function roll(window: QuotaWindow, nowMs: number, windowMs: number): QuotaWindow {
  const no = Math.floor(nowMs / windowMs)
  return no === window.no ? window : rolled(window.limit, no, nowMs)
}

/** Counts a use, granted or not; a negative count takes one back. */
export function use(window: QuotaWindow, count: number): QuotaWindow {
  return withBalance(window, balance(window) - count)
}

/** Removes a reported debt, so that nobody reports it twice; a returned surplus leaves at once. */
export function reported(window: QuotaWindow, used: number, nowMs: number): QuotaWindow {
  return { ...withBalance(window, balance(window) + used), reportedAtMs: nowMs }
}

/** Applies the answer of an exchange. @param retryMs how long an exhausted quota is not asked for again. */
export function granted(
  window: QuotaWindow,
  grant: { readonly given: number; readonly left: number; readonly need: number },
  nowMs: number,
  retryMs: number,
): QuotaWindow {
  const { given, left, need } = grant
  const exhaustedUntilMs = left === 0 && given < need ? nowMs + retryMs : 0
  return { ...withBalance(window, balance(window) + given), left, isKnown: true, exhaustedUntilMs }
}

/** Restores a report that did not arrive. */
export function lost(window: QuotaWindow, used: number): QuotaWindow {
  return withBalance(window, balance(window) - used)
}

export function limited(window: QuotaWindow, given: number): QuotaWindow {
  const limit = Math.floor(given)
  if (limit === window.limit) return window
  return { ...window, limit, left: Math.max(0, window.left + limit - window.limit), exhaustedUntilMs: 0 }
}

/** The debt that may be reached. A window longer than a second must first learn what is left. */
export function creditOf(window: QuotaWindow, replicas: number, windowMs: number): number {
  if (!window.isKnown && windowMs > 1000) return 0
  return Math.min(window.left, Math.floor(window.limit / creditShare / replicas))
}

/** Whether `count` may be used now. */
export function mayUse(window: QuotaWindow, count: number, credit: number): boolean {
  const mine = balance(window)
  return mine >= count || mine + credit >= count
}

/** Permits left, as far as this replica knows. */
export function available(window: QuotaWindow): number {
  return Math.max(0, window.left + balance(window))
}

function balance({ held, debt }: QuotaWindow): number {
  return held - debt
}

function withBalance(window: QuotaWindow, value: number): QuotaWindow {
  return { ...window, held: Math.max(0, value), debt: Math.max(0, -value) }
}

function rolled(limit: number, no: number, nowMs: number): QuotaWindow {
  return { no, limit, held: 0, debt: 0, left: limit, isKnown: false, exhaustedUntilMs: 0, reportedAtMs: nowMs }
}
