import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type RouteLookup, readRoutes } from '../read-route.ts'

/** Statements under way at once: while they run, the next one's tenants gather. */
const statementsMax = 2

/** Tenants that one statement reads: a replica that starts cold takes no longer turns than this. */
const tenantsMax = 256

interface Waiting {
  readonly tenantId: TenantId
  readonly result: PromiseWithResolvers<RouteLookup>
}

/**
 * Reads routes for many callers by few statements: a tenant is read at once when a statement is free, and with all the
 * others that wait when one ends. What is read is never older than the call.
 */
export class RouteReader {
  readonly #db: Tx
  #waiting: Waiting[] = []
  #running = 0

  constructor(db: Tx) {
    this.#db = db
  }

  /** @throws what the statement throws: then all its callers fail */
  read(tenantId: TenantId): Promise<RouteLookup> {
    const result = Promise.withResolvers<RouteLookup>()
    this.#waiting.push({ tenantId, result })
    if (this.#running < statementsMax) void this.#work()
    return result.promise
  }

  async #work(): Promise<void> {
    this.#running += 1
    // Callers of the same turn of the event loop go together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, tenantsMax)
      this.#waiting = this.#waiting.slice(tenantsMax)
      await this.#answer(batch)
    }
    this.#running -= 1
  }

  async #answer(batch: readonly Waiting[]): Promise<void> {
    const ids = [...new Set(batch.map(({ tenantId }) => tenantId))]
    const lookup = await readRoutes(this.#db, ids).catch((error: unknown) => {
      for (const { result } of batch) result.reject(error)
      return undefined
    })
    if (lookup === undefined) return
    for (const { tenantId, result } of batch) {
      try {
        result.resolve(lookup(tenantId))
      } catch (error) {
        result.reject(error)
      }
    }
  }
}
