import type { TenantPrincipal } from '../../auth/principal.ts'
import { FaultList } from '../../fault-list.ts'
import { mustBeDone } from '../../routing/write-log/write-outcome.ts'
import type { VectorRecord } from '../../stores/store.ts'
import { checkRecord, type RecordInput, upsertMax } from '../checks/check-records.ts'
import { shapeOf } from '../checks/record-shape.ts'
import type { RagMemory } from '../rag-memory.ts'
import { writing } from '../writes/tenant-writer.ts'
import type { WriteDeps } from '../writes/write-deps.ts'
import { hiddenIds, idTaken, writeGroups } from '../writes/write-sight.ts'

export interface UpsertVectorsDeps extends WriteDeps {
  readonly memory: RagMemory
}

/**
 * Puts an app's own complete records; an existing id is replaced. Of two with the same id the later one wins.
 * @throws AppError `invalid_request`; `conflict` where an id belongs to a record that the caller's groups don't see;
 *   and the faults of `TenantRoutes.beginWrite` and `TenantStore`.
 */
export async function upsertVectors(
  deps: UpsertVectorsDeps,
  principal: TenantPrincipal,
  input: { readonly vectors: readonly RecordInput[] },
): Promise<{ readonly upsertedCount: number }> {
  const { tenantId } = principal
  const route = await deps.routes.find(tenantId)
  const { vectors: made } = route.routing.active
  const rule = { dimension: made.dimension, shape: shapeOf(route) }
  const faults = new FaultList()
  if (input.vectors.length === 0 || input.vectors.length > upsertMax) {
    faults.add('vectors', `takes 1 to ${upsertMax} records`)
    faults.check()
  }
  const records = new Map<string, VectorRecord>()
  for (const [position, vector] of input.vectors.entries()) {
    records.set(vector.id, checkRecord(vector, rule, `vectors[${position}]`, faults))
  }
  faults.check()
  const ids = [...records.keys()]
  await deps.memory.locks.hold(tenantId, ids, async () => {
    const hidden = await hiddenIds(deps, tenantId, ids, writeGroups(principal))
    const taken = input.vectors.findIndex(({ id }) => hidden.has(id))
    if (taken >= 0) throw idTaken(`vectors[${taken}].id`)
    await writing(deps, tenantId, async (writer) => mustBeDone(await writer.upsert([...records.values()], made)))
  })
  return { upsertedCount: input.vectors.length }
}
