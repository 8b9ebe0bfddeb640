import { hash } from 'node:crypto'
import { isSameSpace, type VectorSpace } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { MoveModels } from '../transform/move-models.ts'

interface RecentQuery {
  readonly vector: readonly number[]
  readonly space: VectorSpace
  /** Set for a question in words: its hash, and its vector by the other model of a move, once that has made it. */
  readonly asked?: {
    readonly text: string
    other?: { readonly vector: readonly number[]; readonly space: VectorSpace }
  }
}

/** A question in words of a tenant whose move embeds anew. */
export interface AskedText {
  /** Kept only until it is embedded. */
  readonly text: string
  /** The vectors of the other place. */
  readonly other: VectorSpace
}

/** A question as the models of two places embed it. */
export interface QueryPair {
  readonly from: readonly number[]
  readonly to: readonly number[]
}

export interface RecentQueriesOptions {
  readonly perTenant?: number
  /** Numbers in all vectors together, 8 bytes each. */
  readonly numbersAtMost?: number
  /** Embeds questions by the other model of a move; without it there are no pairs. */
  readonly models?: MoveModels
}

/** Questions that wait for the other model, at most: those beyond are no pairs, since a sample is enough. */
const waitingAtMost = 20

/**
 * The vectors of each tenant's last queries on this replica, so that a move can replay them on both places. Only in
 * memory, never logged, and bounded: tenants with the oldest queries are dropped first. While a move embeds anew, a
 * question is embedded by its other model too, beside the request and past the tenant's quota; of its text a hash is
 * kept.
 */
export class RecentQueries implements Disposable {
  readonly #perTenant: number
  readonly #numbersAtMost: number
  readonly #models: MoveModels | undefined
  /** Tenants by the time of their last query, oldest first. */
  readonly #byTenant = new Map<TenantId, RecentQuery[]>()
  #numbers = 0
  readonly #waiting: { readonly tenantId: TenantId; readonly query: RecentQuery; readonly asked: AskedText }[] = []
  #isEmbedding = false
  readonly #closed = new AbortController()

  constructor({ perTenant = 50, numbersAtMost = 4_000_000, models }: RecentQueriesOptions = {}) {
    this.#perTenant = perTenant
    this.#numbersAtMost = numbersAtMost
    this.#models = models
  }

  [Symbol.dispose](): void {
    this.#waiting.length = 0
    this.#closed.abort(new Error('the replica stops'))
  }

  /** Keeps the vector itself instead of a copy: nobody may change it afterwards. */
  note(tenantId: TenantId, vector: readonly number[], space: VectorSpace, asked?: AskedText): void {
    const isPair = asked !== undefined && this.#models !== undefined && !isSameSpace(space, asked.other)
    const query: RecentQuery = isPair ? { vector, space, asked: { text: hashOf(asked.text) } } : { vector, space }
    const queries = this.#byTenant.get(tenantId) ?? []
    this.#byTenant.delete(tenantId)
    this.#byTenant.set(tenantId, queries)
    queries.push(query)
    this.#numbers += vector.length
    if (queries.length > this.#perTenant) this.#numbers -= numbersOf(queries.shift())
    this.#forgetBeyond()
    if (!isPair || this.#waiting.length >= waitingAtMost || this.#closed.signal.aborted) return
    this.#waiting.push({ tenantId, query, asked })
    if (!this.#isEmbedding) void this.#embedWaiting()
  }

  /** Those of a vector space, newest last: no other's are asked of its places. */
  of(tenantId: TenantId, space: VectorSpace): readonly (readonly number[])[] {
    const kept = this.#byTenant.get(tenantId) ?? []
    return kept.filter((one) => isSameSpace(one.space, space)).map(({ vector }) => vector)
  }

  /** Questions as both models embed them, each text once. */
  pairs(tenantId: TenantId, from: VectorSpace, to: VectorSpace): readonly QueryPair[] {
    const byText = new Map<string, QueryPair>()
    for (const { vector, space, asked } of this.#byTenant.get(tenantId) ?? []) {
      if (asked?.other === undefined) continue
      const { other, text } = asked
      if (isSameSpace(space, from) && isSameSpace(other.space, to)) byText.set(text, { from: vector, to: other.vector })
      if (isSameSpace(space, to) && isSameSpace(other.space, from)) byText.set(text, { from: other.vector, to: vector })
    }
    return [...byText.values()]
  }

  /** One question after another, so that they take little of the model. */
  async #embedWaiting(): Promise<void> {
    this.#isEmbedding = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { tenantId, query, asked } = next
      try {
        const model = this.#models?.of(asked.other)
        const [embedded] = (await model?.embed([asked.text], this.#closed.signal))?.vectors ?? []
        if (embedded === undefined || query.asked === undefined) continue
        const vector = model?.searchVector?.(embedded) ?? embedded
        query.asked.other = { vector, space: asked.other }
        // Dropped meanwhile: it counts no longer.
        if (this.#byTenant.get(tenantId)?.includes(query) === true) this.#numbers += vector.length
        this.#forgetBeyond()
      } catch {
        // The model is away or busy: a report with fewer questions, or none, is no fault of the move.
        this.#waiting.length = 0
      }
    }
    this.#isEmbedding = false
  }

  #forgetBeyond(): void {
    while (this.#numbers > this.#numbersAtMost) this.#forgetOldest()
  }

  #forgetOldest(): void {
    for (const [tenantId, queries] of this.#byTenant) {
      this.#byTenant.delete(tenantId)
      for (const query of queries) this.#numbers -= numbersOf(query)
      return
    }
  }
}

function numbersOf(query: RecentQuery | undefined): number {
  return (query?.vector.length ?? 0) + (query?.asked?.other?.vector.length ?? 0)
}

function hashOf(text: string): string {
  return hash('sha256', text, 'base64url')
}
