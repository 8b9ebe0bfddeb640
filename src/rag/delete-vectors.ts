import type { TenantPrincipal } from '../auth/principal.ts'
import type { Db } from '../db/connect.ts'
import { isAppError } from '../errors.ts'
import type { Filter } from '../stores/store.ts'
import { checkFilter } from './check-filter.ts'
import { checkIds, idsMax } from './check-records.ts'
import { type ClaimSettings, doneInPart } from './claimed-write.ts'
import { deleteEverything } from './delete-everything.ts'
import { Faults } from './faults.ts'
import { indexMustBeThere } from './index-gone.ts'
import { type WriteDeps, writeInPlace } from './place-writer.ts'
import type { RagMemory } from './rag-memory.ts'
import { isChunkId } from './record-ids.ts'
import { readSettled } from './settled-reads.ts'

export interface DeleteVectorsDeps extends WriteDeps {
  readonly db: Db
  readonly memory: RagMemory
  readonly settings: ClaimSettings & { readonly storeVisibleMs: number }
}

/** Exactly one of them. */
export interface DeleteVectorsInput {
  readonly ids?: readonly string[] | undefined
  readonly filter?: unknown
  readonly deleteAll?: boolean | undefined
}

/**
 * Deletes an app's own records by id or by filter, or everything of the tenant, its documents among it. A filter
 * never touches documents' chunks: those belong to the inventory and go with their document. It deletes what it finds
 * when it looks; a record written meanwhile may stay. Writing goes by scope: `visibility` protects from reading only.
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
  const ids = input.ids ?? (filter === undefined ? [] : await findOwnIds(deps, principal, filter))
  for (let at = 0; at < ids.length; at += idsMax) {
    const some = [...new Set(ids.slice(at, at + idsMax))]
    const deletion = deps.memory.locks.hold(tenantId, some, () =>
      writeInPlace(deps, tenantId, (place) => place.deleteIds(some)),
    )
    await deletion.catch((fault: unknown) => {
      throw at === 0 || isAppError(fault, 'outcome_unknown') ? fault : doneInPart(fault)
    })
  }
}

/** Looked for before any permit is taken: a long search must not hold up a move, and an id is good in either place. */
async function findOwnIds(deps: DeleteVectorsDeps, principal: TenantPrincipal, filter: Filter): Promise<string[]> {
  const { routing } = await deps.routes.find(principal.tenantId)
  const store = deps.stores.open(routing.active)
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const from = cursor === undefined ? {} : { cursor }
    const page = await readSettled(deps, routing.active.placeId, () =>
      indexMustBeThere(store.fetchByFilter({ filter, ...from })),
    )
    for (const { id } of page.records) if (!isChunkId(id)) ids.push(id)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return ids
}
