import type { Db } from '../../db/connect.ts'
import { seenBoth } from '../../placement/inventory-rule.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { flushEvery } from '../../registry/flush-every.ts'
import { markAppChange } from '../../registry/inventory/app-documents.ts'

/** Documents that a write names, each with the groups that see the written records. */
export type NamedDocuments = ReadonlyMap<string, readonly string[] | null>

interface Changes {
  readonly documents: Map<string, readonly string[] | null>
  hasUnnamed: boolean
}

/** Documents of one tenant that are kept by name between two reports. */
const namesMax = 10_000

/**
 * Documents that apps wrote through this replica, reported to the registry every second: a write itself asks Postgres
 * nothing. A replica that dies loses a second of them. That shows a document as unchanged, and nothing else rests on it.
 */
export class AppChanges implements AsyncDisposable {
  readonly #db: Db
  readonly #flushing: AsyncDisposable
  #changes = new Map<TenantId, Changes>()

  constructor(db: Db, { everyMs = 1_000, onError }: { everyMs?: number; onError: (error: unknown) => void }) {
    this.#db = db
    this.#flushing = flushEvery(() => this.#report(), { everyMs, onError })
  }

  /** @param named undefined: records whose documents are not known. */
  note(tenantId: TenantId, named: NamedDocuments | undefined): void {
    const known = this.#changes.get(tenantId) ?? { documents: new Map(), hasUnnamed: false }
    this.#changes.set(tenantId, known)
    if (named === undefined) known.hasUnnamed = true
    for (const [id, groups] of named ?? []) {
      const isNew = !known.documents.has(id)
      if (isNew && known.documents.size >= namesMax) known.hasUnnamed = true
      else known.documents.set(id, seenBoth(known.documents.get(id) ?? null, groups))
    }
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#flushing[Symbol.asyncDispose]()
  }

  async #report(): Promise<void> {
    const changes = this.#changes
    this.#changes = new Map()
    try {
      for (const [tenantId, change] of changes) {
        await markAppChange(this.#db, tenantId, change)
        changes.delete(tenantId)
      }
    } catch (error) {
      for (const [tenantId, { documents, hasUnnamed }] of changes) {
        this.note(tenantId, documents)
        if (hasUnnamed) this.note(tenantId, undefined)
      }
      throw error
    }
  }
}
