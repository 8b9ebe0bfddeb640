import type { Db } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { hasOwnName } from '../../placement/naming.ts'
import { countStoredChunks } from '../../registry/documents/documents.ts'
import type { CallOptions, TenantStore } from '../../stores/store.ts'
import type { Losses } from '../losses/loss-watch.ts'
import type { RagMemory } from '../rag-memory.ts'

export interface BelieveEmptyDeps {
  readonly db: Db
  readonly memory: Pick<RagMemory, 'realEmpties'>
  readonly losses?: Pick<Losses, 'suspect'>
  readonly settings: { readonly storeVisibleMs: number }
}

/**
 * Checks an empty answer before it is returned: the store reports a lost or emptied namespace as "nothing found". A
 * good result holds for a few seconds, so that empty answers cannot be used to cause load.
 *
 * @throws AppError `store_inconsistent` when the place is gone, or holds fewer records than the chunks of documents
 *   stored longer ago than a write may stay invisible.
 */
export async function believeEmpty(deps: BelieveEmptyDeps, store: TenantStore, options: CallOptions): Promise<void> {
  const { placeId, tenantId } = store.placement
  if (deps.memory.realEmpties.get(placeId)) return
  const namespace = await store.describeNamespace(options)
  // Every place that is made here gets its namespace, so a missing one was lost; an adopted one may have been emptied by
  // others. An app's own records are counted too, so less is proof and as many is none.
  const isLost = namespace === undefined && hasOwnName(store.placement)
  const isShort = async (shown: number) =>
    shown < (await countStoredChunks(deps.db, tenantId, deps.settings.storeVisibleMs))
  if (isLost || (await isShort(namespace?.recordCount ?? 0))) {
    deps.losses?.suspect(tenantId)
    throw lost()
  }
  deps.memory.realEmpties.set(placeId, true)
}

function lost(): AppError {
  return new AppError(
    'store_inconsistent',
    'The vector store shows less than was stored, so an empty result proves nothing. Put the documents again to restore them.',
  )
}
