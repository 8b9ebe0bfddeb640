import type { TenantPrincipal } from '../../auth/principal.ts'
import { FaultList } from '../../fault-list.ts'
import type { TenantEmbedders } from '../../models/embedder.ts'
import { isSameSpace, type VectorSpace } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { mustBeDone } from '../../routing/write-log/write-outcome.ts'
import { textIn } from '../../stores/record-text.ts'
import type { VectorRecord } from '../../stores/store.ts'
import { checkRecord, type RecordInput, upsertMax } from '../checks/check-records.ts'
import { type CountsUnnamed, modelOf, type NamedVectors, spaceOfVectors } from '../checks/named-model.ts'
import { type RecordShape, shapeOf } from '../checks/record-shape.ts'
import type { RagMemory } from '../rag-memory.ts'
import { needsText, OtherSpace } from '../writes/fitting-place.ts'
import { writing } from '../writes/tenant-writer.ts'
import type { WriteDeps } from '../writes/write-deps.ts'
import { hiddenIds, idTaken, writeGroups } from '../writes/write-sight.ts'

export interface UpsertVectorsDeps extends WriteDeps, CountsUnnamed {
  readonly memory: RagMemory
  readonly embedders: TenantEmbedders
}

/**
 * Puts an app's own complete records; an existing id is replaced. Of two with the same id the later one wins.
 * @throws AppError `invalid_request`; `conflict` where an id belongs to a record that the caller's groups don't see;
 *   and the faults of `TenantRoutes.beginWrite` and `TenantStore`.
 */
export async function upsertVectors(
  deps: UpsertVectorsDeps,
  principal: TenantPrincipal,
  input: NamedVectors & { readonly vectors: readonly RecordInput[] },
): Promise<{ readonly upsertedCount: number }> {
  const { tenantId } = principal
  const route = await deps.routes.find(tenantId)
  const named = modelOf(input, principal)
  if (named === undefined) deps.noteUnnamed?.(tenantId)
  const made = spaceOfVectors(route, named)
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
  const spaces = { made, space: route.routing.active.vectors, shape: rule.shape }
  const toPut = await inSpace(deps, tenantId, [...records.values()], spaces)
  await deps.memory.locks.hold(tenantId, ids, async () => {
    const hidden = await hiddenIds(deps, tenantId, ids, writeGroups(principal))
    const taken = input.vectors.findIndex(({ id }) => hidden.has(id))
    if (taken >= 0) throw idTaken(`vectors[${taken}].id`)
    await writing(deps, tenantId, async (writer) => {
      let outcome = await writer.upsert(toPut, spaces.space)
      // A write that names its model may cross the switch of a move that transforms; nothing of it was sent before.
      while (named !== undefined && outcome.fault instanceof OtherSpace) {
        const { space } = outcome.fault
        const there = { ...spaces, made: spaceOfVectors(await deps.routes.find(tenantId), named), space }
        outcome = await writer.upsert(await inSpace(deps, tenantId, [...records.values()], there), space)
      }
      mustBeDone(outcome)
    })
  })
  return { upsertedCount: input.vectors.length }
}

/**
 * Records for the tenant's place: while it moves to another model, vectors of the other place's model are replaced by
 * those that the place's own makes of the texts. The mover then makes the other place's again.
 * @throws AppError `conflict` for a record without a text.
 */
async function inSpace(
  { embedders }: Pick<UpsertVectorsDeps, 'embedders'>,
  tenantId: TenantId,
  records: readonly VectorRecord[],
  { made, space, shape }: { readonly made: VectorSpace; readonly space: VectorSpace; readonly shape: RecordShape },
): Promise<readonly VectorRecord[]> {
  if (isSameSpace(made, space)) return records
  const texts = records.map(({ metadata }) => textIn(metadata, shape) ?? '')
  if (texts.some((text) => text.trim() === '')) throw needsText(shape)
  const { vectors } = await embedders.of(space).embed(texts, { tenantId })
  return records.map((record, at) => ({ ...record, values: vectors[at] ?? [] }))
}
