import type { TenantPrincipal } from '../auth/principal.ts'
import { AppError } from '../errors.ts'
import type { Embedder } from '../models/embedder.ts'
import type { Metadata, SparseValues, VectorRecord } from '../stores/store.ts'
import { checkMetadata, checkMetadataSize, metadataBytesMax } from './check-metadata.ts'
import { checkRecordValues, checkSparse } from './check-records.ts'
import { Faults } from './faults.ts'
import { indexMustBeThere } from './index-gone.ts'
import { type WriteDeps, writeInPlace } from './place-writer.ts'
import type { RagMemory } from './rag-memory.ts'
import { checkWriteId } from './record-ids.ts'
import { readSettled } from './settled-reads.ts'

export interface UpdateVectorDeps extends WriteDeps {
  readonly embedder: Pick<Embedder, 'dimension'>
  readonly memory: RagMemory
  readonly settings: { readonly storeVisibleMs: number; readonly storeInDoubtMs: number }
}

export interface UpdateVectorInput {
  readonly id: string
  readonly values?: readonly number[] | undefined
  readonly sparseValues?: SparseValues | undefined
  /** Fields replace those of the same name; the others stay. */
  readonly setMetadata?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Changes a part of an app's own record: read, merged, put whole, so that it can be done twice and copied by a move.
 * Updates of one record by this replica go one after another; of two replicas' at once the later put stands.
 *
 * @throws AppError `not_found`, `invalid_request`, and the faults of `TenantRoutes` and `TenantStore`.
 */
export async function updateVector(
  deps: UpdateVectorDeps,
  principal: TenantPrincipal,
  input: UpdateVectorInput,
): Promise<void> {
  const { tenantId } = principal
  const change = checkChange(input, deps.embedder.dimension)
  await deps.memory.locks.hold(tenantId, [input.id], async () => {
    // Read before the permit: waiting until an earlier write shows must not hold up a move.
    for (;;) {
      const { routing } = await deps.routes.find(tenantId)
      const read = await readSettled(deps, routing.active.placeId, () =>
        indexMustBeThere(deps.stores.open(routing.active).fetch([input.id])),
      )
      const record = read.records.get(input.id)
      if (record === undefined) throw new AppError('not_found', 'There is no such record.')
      const merged = merge(record, change)
      // If it has moved since, what was read may be old there: once more.
      const { placeId } = routing.active
      if (await writeInPlace(deps, tenantId, (place) => place.upsertIn(placeId, [merged]))) return
    }
  })
}

interface Change {
  readonly values: readonly number[] | undefined
  readonly sparseValues: SparseValues | undefined
  readonly metadata: Metadata
}

function checkChange({ id, values, sparseValues, setMetadata }: UpdateVectorInput, dimension: number): Change {
  const faults = new Faults()
  checkWriteId(id, 'id', faults)
  if (values === undefined && sparseValues === undefined && setMetadata === undefined) {
    faults.add('values', 'give values, sparseValues or setMetadata')
  }
  if (values !== undefined) checkRecordValues(values, dimension, 'values', faults)
  if (sparseValues !== undefined) checkSparse(sparseValues, 'sparseValues', faults)
  const rule = { of: 'record', bytesMax: metadataBytesMax } as const
  const metadata = checkMetadata(setMetadata, 'setMetadata', rule, faults)
  faults.check()
  return { values, sparseValues, metadata }
}

function merge(record: VectorRecord, change: Change): VectorRecord {
  const sparseValues = change.sparseValues ?? record.sparseValues
  const metadata: Metadata = { ...record.metadata, ...change.metadata }
  const faults = new Faults()
  checkMetadataSize(metadata, 'setMetadata', metadataBytesMax, faults)
  faults.check()
  return {
    id: record.id,
    values: change.values ?? record.values,
    ...(sparseValues !== undefined && { sparseValues }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  }
}
