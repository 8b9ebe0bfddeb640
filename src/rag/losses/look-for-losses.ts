import { type Clock, systemClock } from '../../clock.ts'
import type { Db } from '../../db/connect.ts'
import type { Phase } from '../../placement/phase.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { markDocuments, type OldDocuments, readOldDocuments } from '../../registry/documents/lost-documents.ts'
import type { TenantRoutes } from '../../routing/lease/tenant-routes.ts'
import { pagesOf } from '../../stores/pages.ts'
import type { TenantStore, VectorStore } from '../../stores/store.ts'
import { chunkStem, shapeOf } from '../checks/record-shape.ts'
import { indexMustBeThere } from '../index-gone.ts'
import { provenReads } from '../writes/proven-reads.ts'

export interface LookForLossesDeps {
  readonly db: Db
  readonly routes: Pick<TenantRoutes, 'find'>
  readonly stores: Pick<VectorStore, 'open'>
  readonly settings: { readonly storeVisibleMs: number }
  readonly clock?: Clock
}

export interface LossReport {
  /** Documents newly found to lack chunks, and marked ones found complete again. */
  readonly lost: number
  readonly whole: number
}

const pageIds = 100
/** Pause between two pages: a tenant's own requests come first. */
const pauseMs = 20

/**
 * Compares a tenant's documents with the chunks that its active place lists, and marks those that lack some. The
 * listing is proven to show every write answered before it, and a document written within the visible bound is not
 * judged. It does nothing in the short phases of a move in which the place changes; a phase that begins meanwhile voids
 * the comparison.
 *
 * @throws the faults of `TenantRoutes.find` and `TenantStore`; `store_inconsistent` when the whole index is gone.
 */
export async function lookForLosses(
  deps: LookForLossesDeps,
  tenantId: TenantId,
  signal: AbortSignal,
): Promise<LossReport> {
  const route = await deps.routes.find(tenantId)
  const { routing } = route
  if (!isSettled(routing.phase)) return { lost: 0, whole: 0 }
  const old = await readOldDocuments(deps.db, tenantId, deps.settings.storeVisibleMs)
  if (old.byId.size === 0) return { lost: 0, whole: 0 }
  const shown = await countShown(
    deps,
    deps.stores.open(routing.active),
    { ...old, stem: chunkStem(shapeOf(route), '') },
    signal,
  )
  const isWhole = (id: string, chunks: number) => (shown.get(id) ?? 0) >= chunks
  const lost: string[] = []
  const whole: string[] = []
  for (const [id, { chunkCount, isMarked }] of old.byId) {
    if (!isWhole(id, chunkCount)) lost.push(id)
    else if (isMarked) whole.push(id)
  }
  return markDocuments(deps.db, old, { epoch: routing.epoch, lost, whole })
}

/** Whether every recently answered write went to the active place. */
function isSettled(phase: Phase): boolean {
  switch (phase) {
    case 'steady':
    case 'track':
    case 'soak':
      return true
    case 'arm':
    case 'fence':
    case 'flip':
      return false
  }
}

/** The number of chunks of each old document that the place lists. */
async function countShown(
  { settings, clock = systemClock }: LookForLossesDeps,
  store: TenantStore,
  { byId, stem }: OldDocuments & { readonly stem: string },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const shown = new Map<string, number>()
  // Every place gets its namespace when it is made, so a missing one was lost, and shows nothing.
  if ((await indexMustBeThere(store.describeNamespace({ signal }))) === undefined) return shown
  const { storeVisibleMs } = settings
  const interrupted = { now: () => clock.now(), sleep: (ms: number) => clock.sleep(ms, signal) }
  const proven = await provenReads(store, { clock: interrupted, storeVisibleMs })
  let last: string | undefined
  const pages = pagesOf((from) => {
    signal.throwIfAborted()
    return proven.read(() => indexMustBeThere(store.list({ limit: pageIds, ...from }, { signal })))
  })
  for await (const { ids, nextCursor } of pages) {
    for (const id of ids) {
      const mark = id.lastIndexOf('#')
      const documentId = id.slice(stem.length, mark)
      const document = mark < 1 || !id.startsWith(stem) || id === last ? undefined : byId.get(documentId)
      last = id
      // Chunks beyond the last one remain of longer content, and do not count.
      if (document === undefined || !(Number(id.slice(mark + 1)) < document.chunkCount)) continue
      shown.set(documentId, (shown.get(documentId) ?? 0) + 1)
    }
    if (nextCursor !== undefined) await clock.sleep(pauseMs, signal)
  }
  return shown
}
