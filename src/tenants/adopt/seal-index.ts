import type { StaffPrincipal } from '../../auth/principal.ts'
import { AppError } from '../../errors.ts'
import { lockAdopted, stateSeal } from '../../registry/adopted-indexes.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { findIndex } from '../../registry/indexes.ts'
import { forgetLooks } from '../../registry/watch/place-watch.ts'
import { type IndexView, viewOfIndex } from '../indexes/index-view.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { notAdopted } from './adopt-tenants.ts'
import { knownProject } from './known-project.ts'

export interface SealIndexInput {
  readonly name: string
  readonly project?: string | undefined
  /** The caller states that no older key can write to the index any more. Sealing rests on this statement. */
  readonly oldKeyRevoked: boolean
  /** How long the store is watched for others' writes before the index counts as sealed. */
  readonly watchMs: number
}

/**
 * Takes the statement that only routers write to an adopted index, and watches the store for a while: moves and
 * offboarding of its tenants are possible once it is sealed. One write of somebody else in that time withdraws it. A
 * repeat takes the statement anew, and forgets earlier suspicions; a sealed index stays sealed.
 *
 * @throws AppError `invalid_request` without the statement; `not_found` for an index that was not adopted.
 */
export async function sealIndex(
  { db, settings }: Pick<TenantWork, 'db' | 'settings'>,
  actor: StaffPrincipal,
  { name, oldKeyRevoked, watchMs, ...input }: SealIndexInput,
): Promise<IndexView> {
  if (!oldKeyRevoked) {
    const message = 'must be true: sealing rests on your statement that no older key can write to the index'
    throw new AppError('invalid_request', `oldKeyRevoked: ${message}`, { faults: [{ path: 'oldKeyRevoked', message }] })
  }
  const project = knownProject(settings, input.project)
  const row = await db.transaction(async (tx) => {
    const index = await lockAdopted(tx, project, name)
    if (index === undefined) throw notAdopted(name)
    await forgetLooks(tx, index.id)
    if (index.sealedAt === null) await stateSeal(tx, index.id, watchMs)
    const detail = { index: name, project, watchS: watchMs / 1000 }
    await appendAudit(tx, [{ actor, action: 'index.seal', detail }])
    return findIndex(tx, index.id)
  })
  if (row === undefined) throw notAdopted(name)
  return viewOfIndex(row)
}
