import { isSameSpace, type VectorSpace } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'

interface RecentQuery {
  readonly vector: readonly number[]
  readonly space: VectorSpace
}

export interface RecentQueriesOptions {
  readonly perTenant?: number
  /** Numbers in all vectors together, 8 bytes each. */
  readonly numbersAtMost?: number
}

/**
 * The vectors of each tenant's last queries on this replica, so that a move can replay them on both places. Only in
 * memory, never logged, and bounded: tenants with the oldest queries are dropped first.
 */
export class RecentQueries {
  readonly #perTenant: number
  readonly #numbersAtMost: number
  /** Tenants by the time of their last query, oldest first. */
  readonly #byTenant = new Map<TenantId, RecentQuery[]>()
  #numbers = 0

  constructor({ perTenant = 50, numbersAtMost = 4_000_000 }: RecentQueriesOptions = {}) {
    this.#perTenant = perTenant
    this.#numbersAtMost = numbersAtMost
  }

  /** Keeps the vector itself instead of a copy: nobody may change it afterwards. */
  note(tenantId: TenantId, vector: readonly number[], space: VectorSpace): void {
    const vectors = this.#byTenant.get(tenantId) ?? []
    this.#byTenant.delete(tenantId)
    this.#byTenant.set(tenantId, vectors)
    vectors.push({ vector, space })
    this.#numbers += vector.length
    if (vectors.length > this.#perTenant) this.#numbers -= vectors.shift()?.vector.length ?? 0
    while (this.#numbers > this.#numbersAtMost) this.#forgetOldest()
  }

  /** Those of a vector space, newest last: no other's are asked of its places. */
  of(tenantId: TenantId, space: VectorSpace): readonly (readonly number[])[] {
    const kept = this.#byTenant.get(tenantId) ?? []
    return kept.filter((one) => isSameSpace(one.space, space)).map(({ vector }) => vector)
  }

  #forgetOldest(): void {
    for (const [tenantId, vectors] of this.#byTenant) {
      this.#byTenant.delete(tenantId)
      for (const { vector } of vectors) this.#numbers -= vector.length
      return
    }
  }
}
