import type { TenantPrincipal } from '../auth/principal.ts'
import type { Db } from '../db/connect.ts'
import { mustBeDone } from '../registry/write-outcome.ts'
import { checkFilter } from './check-filter.ts'
import { checkIds } from './check-records.ts'
import type { ClaimSettings } from './claimed-write.ts'
import { deleteEverything } from './delete-everything.ts'
import { Faults } from './faults.ts'
import type { RagMemory } from './rag-memory.ts'
import { writing } from './tenant-writer.ts'
import type { WriteDeps, WriteSettings } from './write-deps.ts'

export interface DeleteVectorsDeps extends WriteDeps {
  readonly db: Db
  readonly memory: RagMemory
  readonly settings: ClaimSettings & WriteSettings
}

/** Exactly one of them. */
export interface DeleteVectorsInput {
  readonly ids?: readonly string[] | undefined
  readonly filter?: unknown
  readonly deleteAll?: boolean | undefined
}

/**
 * Deletes an app's own records by id or by filter, or everything of the tenant, its documents among it. A filter
 * never touches documents' chunks: those belong to the inventory and go with their document. It applies to the records
 * as all writes that were answered before left them, whichever replica made them. Writing goes by scope: `visibility` protects from reading only.
 *
 * @throws AppError `invalid_request`; with deleteAll `document_busy` while a document is being written;
 *   `outcome_unknown`; and the faults of `TenantRoutes` and `TenantStore`.
 */
export async function deleteVectors(
  deps: DeleteVectorsDeps,
  principal: TenantPrincipal,
  input: DeleteVectorsInput,
): Promise<void> {
  const { tenantId } = principal
  const faults = new Faults()
  const given = [input.ids !== undefined, input.filter !== undefined, input.deleteAll === true]
  if (given.filter(Boolean).length !== 1) faults.add('ids', 'give exactly one of ids, filter and deleteAll: true')
  if (input.ids !== undefined) checkIds(input.ids, 'write', 'ids', faults)
  const filter = checkFilter(input.filter, 'filter', faults)
  if (input.filter !== undefined && filter === undefined) {
    faults.add('filter', 'has no condition; to delete everything say deleteAll: true')
  }
  faults.check()
  if (input.deleteAll === true) return deleteEverything(deps, tenantId)
  const ids = [...new Set(input.ids)]
  if (filter !== undefined) {
    await writing(deps, tenantId, async (writer) => mustBeDone(await writer.deleteMatching(filter)))
  } else {
    await deps.memory.locks.hold(tenantId, ids, () =>
      writing(deps, tenantId, async (writer) => mustBeDone(await writer.deleteIds(ids))),
    )
  }
}
