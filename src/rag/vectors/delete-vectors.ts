import type { TenantPrincipal } from '../../auth/principal.ts'
import type { Db } from '../../db/connect.ts'
import { FaultList } from '../../fault-list.ts'
import { mustBeDone } from '../../routing/write-log/write-outcome.ts'
import { checkFilter, narrowed } from '../checks/check-filter.ts'
import { checkIds } from '../checks/check-records.ts'
import { shapeOf } from '../checks/record-shape.ts'
import type { ClaimSettings } from '../documents/claimed-write.ts'
import type { RagMemory } from '../rag-memory.ts'
import { writing } from '../writes/tenant-writer.ts'
import type { WriteDeps, WriteSettings } from '../writes/write-deps.ts'
import { hiddenIds, writeGroups } from '../writes/write-sight.ts'
import { deleteEverything } from './delete-everything.ts'
import { deleteVisible } from './delete-visible.ts'

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
 * Deletes an app's own records by id or by filter, or everything of the tenant, including its documents. A filter never
 * touches documents' chunks: those belong to the inventory and go with their document. It applies to the records as all
 * previously answered writes left them, on any replica. A token with a groups claim deletes only what it can see, in
 * each of the three ways, unless it has the scope `rag:write:any`; hidden and missing records look alike.
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
  const shape = shapeOf(await deps.routes.find(tenantId))
  const faults = new FaultList()
  const given = [input.ids !== undefined, input.filter !== undefined, input.deleteAll === true]
  if (given.filter(Boolean).length !== 1) faults.add('ids', 'give exactly one of ids, filter and deleteAll: true')
  if (input.ids !== undefined) checkIds(input.ids, 'ids', faults, shape)
  const filter = checkFilter(input.filter, 'filter', faults)
  if (input.filter !== undefined && filter === undefined) {
    faults.add('filter', 'has no condition; to delete everything say deleteAll: true')
  }
  faults.check()
  const groups = writeGroups(principal)
  if (input.deleteAll === true) {
    return groups === undefined ? deleteEverything(deps, tenantId) : deleteVisible(deps, principal, groups)
  }
  const ids = [...new Set(input.ids)]
  if (filter !== undefined) {
    const mine = groups === undefined ? filter : narrowed(filter, groups, shape.visibility)
    await writing(deps, tenantId, async (writer) => mustBeDone(await writer.deleteMatching(mine)))
  } else {
    await deps.memory.locks.hold(tenantId, ids, async () => {
      const hidden = await hiddenIds(deps, tenantId, ids, groups)
      const mine = ids.filter((id) => !hidden.has(id))
      if (mine.length === 0) return
      await writing(deps, tenantId, async (writer) => mustBeDone(await writer.deleteIds(mine)))
    })
  }
}
