import { ApiError } from '../../pinecone-wire/api-error.ts'
import { type FaultRule, type FaultSpan, type Faults, noFaults, parseFaults } from './fault-settings.ts'
import { covers, type Operation } from './operations.ts'
import { TokenBucket } from './token-bucket.ts'

export interface Target {
  readonly operation: Operation
  readonly index: string | null
  readonly namespace: string | null
}

/** The faults that apply to one request. */
export interface Verdict {
  latencyMs: number
  lagMs: number
  lsnHeaders: boolean
  /** A write by filter sees only visible records. */
  staleFilter: boolean
  /** Refuses the request before it is handled. */
  error: ApiError | null
  reset: 'before' | 'after' | null
  late: { readonly afterMs: number; readonly connection: 'reset' | 'hang' } | null
}

interface Armed {
  readonly rule: FaultRule
  left: number
  readonly bucket: TokenBucket | null
}

/** Holds the active faults and decides which of them apply to a request. */
export class FaultDesk {
  readonly #start: Faults
  #settings: Faults
  #armed: Armed[] = []

  constructor(start: Partial<Faults>) {
    this.#start = { ...noFaults, ...parseFaults(start) }
    this.#settings = this.#start
    this.#arm()
  }

  /** The settings, with the remaining `times` of each rule. */
  current(): Faults {
    const rules = this.#armed.map(({ rule, left }) => (rule.times === undefined ? rule : { ...rule, times: left }))
    return structuredClone({ ...this.#settings, rules })
  }

  /** @throws BadFaultsError that names the wrong fields; nothing is changed then. */
  set(change: unknown): void {
    const parsed = parseFaults(change)
    this.#settings = { ...this.#settings, ...parsed }
    if (parsed.rules !== undefined) this.#arm()
  }

  /** Restores the settings of the server's start. */
  clear(): void {
    this.#settings = this.#start
    this.#arm()
  }

  get settings(): Faults {
    return this.#settings
  }

  namespaceLimit(index: string): number {
    const { namespaceLimit, namespaceLimits } = this.#settings
    return Object.hasOwn(namespaceLimits, index) ? (namespaceLimits[index] ?? namespaceLimit) : namespaceLimit
  }

  /** Counts the rules that apply. */
  judge(target: Target): Verdict {
    const { latencyMs, lagMs, lsnHeaders } = this.#settings
    const verdict: Verdict = {
      latencyMs: draw(latencyMs),
      lagMs: draw(lagMs),
      lsnHeaders,
      staleFilter: false,
      error: null,
      reset: null,
      late: null,
    }
    for (const armed of this.#armed) {
      if (armed.left > 0 && fits(armed.rule, target) && strike(armed, verdict)) armed.left--
    }
    return verdict
  }

  #arm(): void {
    this.#armed = this.#settings.rules.map((rule) => ({
      rule,
      left: rule.times ?? Number.POSITIVE_INFINITY,
      bucket: rule.fault === 'rateLimit' ? new TokenBucket(rule.perSecond, rule.burst ?? rule.perSecond) : null,
    }))
  }
}

function fits(rule: FaultRule, target: Target): boolean {
  if (rule.on !== undefined) {
    const on = typeof rule.on === 'string' ? [rule.on] : rule.on
    if (!on.some((name) => covers(name, target.operation))) return false
  }
  if (rule.index !== undefined && rule.index !== target.index) return false
  if (rule.namespacePrefix !== undefined && !target.namespace?.startsWith(rule.namespacePrefix)) return false
  return rule.probability === undefined || Math.random() < rule.probability
}

/** @returns whether the rule had an effect. */
function strike(armed: Armed, verdict: Verdict): boolean {
  const { rule, bucket } = armed
  switch (rule.fault) {
    case 'latency':
      verdict.latencyMs = draw(rule.ms)
      return true
    case 'lag':
      verdict.lagMs = draw(rule.ms)
      return true
    case 'staleFilter':
      verdict.staleFilter = true
      return true
    case 'noLsnHeaders':
      verdict.lsnHeaders = false
      return true
    case 'error':
      if (verdict.error !== null) return false
      verdict.error = refusal(rule.status, rule.message ?? `Injected fault: ${rule.status}`, rule.retryAfterS)
      return true
    case 'rateLimit': {
      const waitS = bucket?.take() ?? 0
      if (waitS === 0 || verdict.error !== null) return false
      const message = "Request failed. You've reached the max requests per second. Pace your requests."
      verdict.error = refusal(429, message, rule.retryAfterS ?? Math.max(1, Math.ceil(waitS)))
      return true
    }
    case 'reset':
      verdict.reset = rule.when
      return true
    case 'late':
      verdict.late = { afterMs: rule.afterMs, connection: rule.connection ?? 'reset' }
      return true
  }
}

function refusal(status: number, message: string, retryAfterS: number | undefined): ApiError {
  return new ApiError(status, message, retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) })
}

function draw(span: FaultSpan): number {
  return typeof span === 'number' ? span : span.min + Math.random() * (span.max - span.min)
}
