import { type Clock, systemClock } from '../../../clock.ts'
import type { Db } from '../../../db/connect.ts'
import { AppError } from '../../../errors.ts'
import { readAhead } from '../../../moves/copy/read-ahead.ts'
import { budgetedSize } from '../../../moves/copy/read-size.ts'
import { ruleOfRow } from '../../../registry/inventory/app-documents.ts'
import { addPages, finishInventory, type InventoryJob, restartAt } from '../../../registry/inventory/inventory-work.ts'
import { readBarrier } from '../../../routing/barrier.ts'
import type { TenantRoutes } from '../../../routing/lease/tenant-routes.ts'
import type { VectorStore } from '../../../stores/store.ts'
import { tally } from './tally.ts'

export interface BuildInventoryDeps {
  readonly db: Db
  readonly routes: Pick<TenantRoutes, 'find'>
  /** No faster than the pace of an index. */
  readonly stores: Pick<VectorStore, 'open'>
  readonly settings: { readonly storeVisibleMs: number }
  readonly clock?: Clock
  /** Called after each batch; a test holds the work there. */
  readonly onBatch?: (job: InventoryJob, signal: AbortSignal) => Promise<void>
}

const lookAgainMs = 50

/**
 * Lists the place of a claimed inventory from where the last attempt stopped, and counts its documents. Each batch and
 * the position after it are one commit.
 *
 * @returns false when the claim was lost, or the tenant has moved meanwhile: the listing then begins anew at its place.
 * @throws the faults of `TenantRoutes.find` and `TenantStore`.
 */
export async function buildInventory(
  deps: BuildInventoryDeps,
  job: InventoryJob,
  signal: AbortSignal,
): Promise<boolean> {
  const { db, routes, stores, onBatch } = deps
  const { adopted, routing } = await routes.find(job.tenantId)
  if (adopted === undefined) throw new AppError('conflict', 'The tenant was not adopted.')
  if (routing.active.placeId !== job.placeId) {
    await restartAt(db, job, routing.active.placeId)
    return false
  }
  if (job.afterId === null) await waitForWriters(deps, job, signal)
  const rule = ruleOfRow(job)
  const fields = { ...adopted.fields, visibility: job.visibilityField }
  const size = budgetedSize(1)
  const from = { cursor: job.cursor ?? undefined, afterId: job.afterId ?? undefined, size, signal }
  for await (const { ids, records, nextCursor } of readAhead(stores.open(routing.active), from)) {
    signal.throwIfAborted()
    if (ids.length === 0) continue
    const seen = { ...tally(rule, fields, records.values()), afterId: ids.at(-1), cursor: nextCursor }
    if (!(await addPages(db, job, seen))) return false
    await onBatch?.(job, signal)
  }
  return finishInventory(db, job)
}

/**
 * Waits until every replica notes the documents that apps write, and the store shows what was written before: each
 * record is then counted or noted.
 */
async function waitForWriters(
  { db, settings, clock = systemClock }: BuildInventoryDeps,
  { tenantId, tick }: InventoryJob,
  signal: AbortSignal,
): Promise<void> {
  while ((await readBarrier(db, { tenantId, tick }, 0)).behind > 0) await clock.sleep(lookAgainMs, signal)
  await clock.sleep(settings.storeVisibleMs, signal)
}
