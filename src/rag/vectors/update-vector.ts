import type { TenantPrincipal } from '../../auth/principal.ts'
import { FaultList } from '../../fault-list.ts'
import type { TenantRoute } from '../../placement/phase.ts'
import type { VectorSpace } from '../../placement/placement.ts'
import { mustBeDone } from '../../routing/write-log/write-outcome.ts'
import type { RecordChange, SparseValues } from '../../stores/store.ts'
import { checkMetadata } from '../checks/check-metadata.ts'
import { checkRecordValues, checkSparse, recordRule } from '../checks/check-records.ts'
import { type CountsUnnamed, modelOf, type NamedVectors, spaceOfVectors } from '../checks/named-model.ts'
import { checkWriteId } from '../checks/record-ids.ts'
import { type RecordShape, shapeOf } from '../checks/record-shape.ts'
import type { RagMemory } from '../rag-memory.ts'
import { writing } from '../writes/tenant-writer.ts'
import type { WriteDeps } from '../writes/write-deps.ts'
import { hiddenIds, writeGroups } from '../writes/write-sight.ts'

export interface UpdateVectorDeps extends WriteDeps, CountsUnnamed {
  readonly memory: RagMemory
}

export interface UpdateVectorInput extends NamedVectors {
  readonly id: string
  readonly values?: readonly number[] | undefined
  readonly sparseValues?: SparseValues | undefined
  /** Replaces fields of the same name; other fields stay. */
  readonly setMetadata?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Changes a part of an app's own record by the store's own operation, which merges it into the record's last write, on
 * any replica (docs/moves.md R1). It cannot report whether the record exists: a missing one is not created. One that
 * `visibility` hides from a token with a groups claim silently stays unchanged. This replica serializes its updates of
 * one record; the store orders those of two replicas.
 *
 * @throws AppError `invalid_request`, and the faults of `TenantRoutes` and `TenantStore`.
 */
export async function updateVector(
  deps: UpdateVectorDeps,
  principal: TenantPrincipal,
  input: UpdateVectorInput,
): Promise<void> {
  const { tenantId } = principal
  const route = await deps.routes.find(tenantId)
  const made = input.values === undefined ? undefined : madeFor(deps, principal, route, input)
  const { dimension } = made ?? route.routing.active.vectors
  const change = checkChange(input, dimension, shapeOf(route))
  await deps.memory.locks.hold(tenantId, [input.id], async () => {
    const hidden = await hiddenIds(deps, tenantId, [input.id], writeGroups(principal))
    if (hidden.size > 0) return
    await writing(deps, tenantId, async (writer) => mustBeDone(await writer.update(change, made)))
  })
}

/** The space of a new vector. One of the other place's model alone is refused when it is sent: only a text makes both. */
function madeFor(
  { noteUnnamed }: CountsUnnamed,
  principal: TenantPrincipal,
  route: TenantRoute,
  input: NamedVectors,
): VectorSpace {
  const named = modelOf(input, principal)
  if (named === undefined) noteUnnamed?.(principal.tenantId)
  return spaceOfVectors(route, named)
}

function checkChange(
  { id, values, sparseValues, setMetadata }: UpdateVectorInput,
  dimension: number,
  shape: RecordShape,
): RecordChange {
  const faults = new FaultList()
  checkWriteId(id, 'id', faults, shape)
  if (values === undefined && sparseValues === undefined && setMetadata === undefined) {
    faults.add('values', 'give values, sparseValues or setMetadata')
  }
  if (values !== undefined) checkRecordValues(values, dimension, 'values', faults)
  if (sparseValues !== undefined) checkSparse(sparseValues, 'sparseValues', faults)
  const metadata = checkMetadata(setMetadata, 'setMetadata', recordRule(shape), faults)
  faults.check()
  return {
    id,
    ...(values !== undefined && { values }),
    ...(sparseValues !== undefined && { sparseValues }),
    ...(setMetadata !== undefined && { setMetadata: metadata }),
  }
}
