import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { TenantPrincipal } from '../../auth/principal.ts'
import { startRounds } from '../../concurrency/rounds.ts'
import { AppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type LostCounts, lostSeenBy, readLostCounts } from '../../registry/documents/lost-documents.ts'
import { type LookForLossesDeps, lookForLosses } from './look-for-losses.ts'
import { lossRounds } from './loss-round.ts'

/** The watch as verbs and routes use it. */
export interface Losses {
  /**
   * Reports that a read or write met a loss: the tenant's documents are inspected soon, in the background. Never
   * throws.
   */
  suspect(tenantId: TenantId): void
  /** Lost documents that the caller's groups see; at most ten seconds old. */
  seenBy(principal: Pick<TenantPrincipal, 'tenantId' | 'groups'>): number
}

export interface LossWatchDeps extends LookForLossesDeps {
  readonly log: Pick<Logger, 'warn' | 'info'>
}

/** A tenant inspected this recently is not inspected on suspicion: the rounds reach it. */
const quietMs = 30_000
const suspectsMax = 1_000
const countsEveryMs = 10_000

/**
 * Knows which documents the store has lost: it inspects suspected tenants, one at a time, and all tenants in slow
 * rounds.
 */
export class LossWatch implements Losses, AsyncDisposable {
  readonly #deps: LossWatchDeps
  readonly #stop = new AbortController()
  readonly #suspects = new Set<TenantId>()
  readonly #lookedAt = new LRUCache<TenantId, true>({ max: 10_000, ttl: quietMs })
  readonly #rounds: readonly AsyncDisposable[]
  #looking: Promise<void> | undefined
  #counts: LostCounts = new Map()

  constructor(deps: LossWatchDeps, { everyMs }: { readonly everyMs: number }) {
    this.#deps = deps
    const lookAround = lossRounds(deps)
    const onFault = (error: unknown) => deps.log.warn({ err: error }, 'looking for lost documents failed')
    const rounds = (round: (signal: AbortSignal) => Promise<unknown>, ms: number) =>
      startRounds(round, { everyMs: ms, spreadMs: ms / 4, first: 'later', onFault })
    this.#rounds = [
      rounds(async (signal) => {
        for (const tenantId of await lookAround(signal)) this.#suspects.add(tenantId)
        await this.#lookAtSuspects()
      }, everyMs),
      rounds(() => this.#readCounts(), Math.min(everyMs, countsEveryMs)),
    ]
    void this.#readCounts()
  }

  suspect(tenantId: TenantId): void {
    if (this.#lookedAt.get(tenantId) || this.#suspects.size >= suspectsMax) return
    this.#suspects.add(tenantId)
    void this.#lookAtSuspects()
  }

  seenBy({ tenantId, groups }: Pick<TenantPrincipal, 'tenantId' | 'groups'>): number {
    return this.#counts.size === 0 ? 0 : lostSeenBy(this.#counts, tenantId, groups)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the watch for lost documents stops'))
    await Promise.all(this.#rounds.map((rounds) => rounds[Symbol.asyncDispose]()))
    await this.#looking
  }

  #lookAtSuspects(): Promise<void> {
    this.#looking ??= this.#drain()
    return this.#looking
  }

  async #drain(): Promise<void> {
    await Promise.resolve() // so that this promise is noted before its end takes the note away
    for (const tenantId of this.#suspects) {
      if (this.#stop.signal.aborted) break
      this.#suspects.delete(tenantId)
      this.#lookedAt.set(tenantId, true)
      await this.#lookAt(tenantId)
    }
    this.#looking = undefined
  }

  async #lookAt(tenantId: TenantId): Promise<void> {
    const { log } = this.#deps
    const { signal } = this.#stop
    try {
      const { lost, whole } = await lookForLosses(this.#deps, tenantId, signal)
      if (lost > 0) log.warn({ tenantId, documents: lost }, 'the vector store has lost documents of a tenant')
      if (whole > 0) log.info({ tenantId, documents: whole }, 'the vector store shows lost documents of a tenant again')
      if (lost + whole > 0) await this.#readCounts()
    } catch (error) {
      // A tenant that is suspended or gone has nobody who would miss a document.
      const isIdle = error instanceof AppError && error.code.startsWith('tenant_')
      if (!signal.aborted && !isIdle) log.warn({ tenantId, err: error }, 'looking for lost documents failed')
    }
  }

  /** Keeps the last counts while Postgres is unavailable. */
  async #readCounts(): Promise<void> {
    this.#counts = await readLostCounts(this.#deps.db).catch(() => this.#counts)
  }
}
