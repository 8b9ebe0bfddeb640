import type { TenantPrincipal } from '../../auth/principal.ts'
import { FaultList } from '../../fault-list.ts'
import { mustBeDone } from '../../routing/write-log/write-outcome.ts'
import { checkFilter, narrowed } from '../checks/check-filter.ts'
import { checkMetadata } from '../checks/check-metadata.ts'
import { recordRule } from '../checks/check-records.ts'
import { shapeOf } from '../checks/record-shape.ts'
import { indexMustBeThere } from '../index-gone.ts'
import { writing } from '../writes/tenant-writer.ts'
import type { WriteDeps } from '../writes/write-deps.ts'
import { ownRecords } from '../writes/write-matching.ts'
import { writeGroups } from '../writes/write-sight.ts'

export interface UpdateVectorsInput {
  readonly filter: unknown
  /** Replaces fields of the same name; other fields stay. Required but for a dry run. */
  readonly setMetadata?: unknown
  /** Only counts what matches, as the store shows it. */
  readonly dryRun: boolean
}

/**
 * Sets metadata fields of an app's own records that match a filter, as all previously answered writes left them, on any
 * replica. Chunks of documents stay as they are. A token with a groups claim changes only what it can see, unless it
 * has the scope `rag:write:any`.
 *
 * @throws AppError `invalid_request`, `outcome_unknown`, and the faults of `TenantRoutes` and `TenantStore`.
 */
export async function updateVectors(
  deps: WriteDeps,
  principal: TenantPrincipal,
  { filter: given, setMetadata, dryRun }: UpdateVectorsInput,
): Promise<{ readonly matchedRecords: number }> {
  const { tenantId } = principal
  const route = await deps.routes.find(tenantId)
  const shape = shapeOf(route)
  const faults = new FaultList()
  const filter = checkFilter(given, 'filter', faults)
  if (filter === undefined) faults.add('filter', 'has no condition')
  const metadata = checkMetadata(setMetadata, 'setMetadata', recordRule(shape), faults)
  if (!dryRun && Object.keys(metadata).length === 0) faults.add('setMetadata', 'has no field')
  faults.check()
  const groups = writeGroups(principal)
  const mine = groups === undefined ? (filter ?? {}) : narrowed(filter, groups, shape.visibility)
  if (dryRun) {
    const store = deps.stores.open(route.routing.active)
    return { matchedRecords: (await indexMustBeThere(store.countByFilter(ownRecords(mine)))).count }
  }
  return writing(deps, tenantId, async (writer) => {
    const { outcome, matched } = await writer.updateMatching(mine, metadata)
    mustBeDone(outcome)
    return { matchedRecords: matched }
  })
}
