import type { StaffPrincipal } from '../../auth/principal.ts'
import { pause } from '../../concurrency/retry.ts'
import { AppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { forgetAdopted, lockAdopted } from '../../registry/adopted-indexes.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { forgetUnwritten, listUnwritten, withdrawUnwritten } from '../../registry/undo-adoption.ts'
import { readBarrier } from '../../routing/barrier.ts'
import { tickRoutings } from '../../routing/change-routing.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { notAdopted } from './adopt-tenants.ts'
import { knownProject } from './known-project.ts'

export interface UndoAdoptionInput {
  readonly index: string
  readonly project?: string | undefined
  /** Shows what would be undone and changes nothing. */
  readonly dryRun: boolean
}

export interface UndoneAdoption {
  readonly index: string
  readonly dryRun: boolean
  /** Tenants that are not ours any more; their namespaces are as they were. */
  readonly undone: number
  /** Tenants that stay: something was written to them through the router, or they moved. */
  readonly kept: readonly TenantId[]
  /** Whether the index is forgotten too, since no tenant of it is left. */
  readonly forgotten: boolean
}

/**
 * Undoes the adoption of an index's tenants that nothing was written to through the router, and that of the index once
 * no tenant of it is left. The store is not touched. First no replica serves them any more, then their rows go; a call
 * that broke off in between is finished by a repeat.
 *
 * @throws AppError `not_found` for an index that was not adopted.
 */
export async function undoAdoption(
  deps: Pick<TenantWork, 'db' | 'settings'>,
  actor: StaffPrincipal,
  { index: name, dryRun, ...input }: UndoAdoptionInput,
): Promise<UndoneAdoption> {
  const { db, settings } = deps
  const project = knownProject(settings, input.project)
  const withdrawn = await db.transaction(async (tx) => {
    const index = await lockAdopted(tx, project, name)
    if (index === undefined) throw notAdopted(name)
    const { unwritten, kept } = await listUnwritten(tx, index.id)
    if (dryRun || unwritten.length === 0) return { index, ids: unwritten, kept, tick: 0 }
    const ids = await withdrawUnwritten(tx, unwritten)
    await appendAudit(tx, [
      { actor, action: 'tenants.adopt_undone', detail: { index: name, project, tenants: ids.length } },
    ])
    return { index, ids, kept, tick: await tickRoutings(tx, ids) }
  })
  const { index, ids, kept, tick } = withdrawn
  const [some] = ids
  if (dryRun) return { index: name, dryRun, undone: ids.length, kept, forgotten: kept.length === 0 }
  // No write of them was ever let through, so only reads are waited for.
  while (some !== undefined && (await readBarrier(db, { tenantId: some, tick }, settings.storeInDoubtMs)).behind > 0) {
    await pause(Math.min(100, settings.pollMs ?? 100), AbortSignal.timeout(settings.provisionWaitMs)).catch(() => {
      throw new AppError('registry_unavailable', 'A replica has not answered yet. Repeat this to finish it.', {
        retryAfterS: 5,
      })
    })
  }
  const forgotten = await db.transaction(async (tx) => {
    const locked = await lockAdopted(tx, project, name)
    if (locked === undefined) return true
    await forgetUnwritten(tx, index.id, ids)
    if (kept.length > 0) return false
    await forgetAdopted(tx, index.id)
    await appendAudit(tx, [{ actor, action: 'index.adopt_undone', detail: { index: name, project } }])
    return true
  })
  return { index: name, dryRun, undone: ids.length, kept, forgotten }
}
