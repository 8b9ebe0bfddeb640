import type { StaffPrincipal } from '../../auth/principal.ts'
import { eachLimited } from '../../concurrency/each-limited.ts'
import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { listMoving, lockImportedTenants } from '../../registry/imports/import-tenants.ts'
import { lockImport, readImportChanges, setUndone } from '../../registry/imports/imports.ts'
import { lockRoutings } from '../../routing/change-routing.ts'
import { beginOffboardings } from '../offboard/begin-offboarding.ts'
import { type FinishDeps, finishOffboarding } from '../offboard/finish-offboarding.ts'
import { rowsNow, tenantIds, undoConflicts } from './conflicts.ts'
import { ImportConflicts, keepConflicts } from './import-conflicts.ts'
import { type ImportView, noSuchImport, viewImport } from './import-view.ts'
import { writeChanges } from './write-changes.ts'

const offboardedAtOnce = 16

/**
 * Takes an applied import back, within 15 minutes and whole or not at all: tenants get their former fields, and those
 * that it made are offboarded. One that has got content in the meantime is suspended instead, with all that it has. A
 * repeat changes nothing.
 *
 * @throws AppError `not_found`; `conflict` when it was not applied, the time is over, or a colleague changed one of its
 *   tenants since (the rows then say what); `tenant_not_ready`
 */
export async function undoImport(deps: FinishDeps, actor: StaffPrincipal, id: string): Promise<ImportView> {
  const made = await deps.db
    .transaction((tx) => undoIn(tx, actor, id))
    .catch((error: unknown) => keepConflicts(deps.db, id, error, 'undone'))
  // Faults are logged by the work itself, and the sweep takes up what is unfinished.
  void eachLimited(made, offboardedAtOnce, (tenantId) => finishOffboarding(deps, tenantId))
  return viewImport(deps.db, id)
}

async function undoIn(tx: Tx, actor: StaffPrincipal, id: string): Promise<readonly TenantId[]> {
  const head = await lockImport(tx, id)
  if (head === undefined) throw noSuchImport()
  if (head.state === 'undone') return []
  if (head.state === 'previewed')
    throw new AppError('conflict', 'The import was not applied: there is nothing to undo.')
  if (head.undoMs === 0) {
    throw new AppError('conflict', 'The import was applied more than 15 minutes ago. Import the former values instead.')
  }
  const changes = await readImportChanges(tx, id)
  const rows = rowsNow(changes, await lockImportedTenants(tx, tenantIds(changes)))
  const made = rows.filter(({ row }) => row.kind === 'new').map(({ tenantId }) => tenantId)
  const waiting = rows.filter(({ row, tenant }) => row.kind === 'new' && tenant?.status === 'provisioning').length
  if (waiting > 0) {
    const words = `${waiting} of its tenants are still being set up. Undo it when that is done.`
    throw new AppError('tenant_not_ready', words, { retryAfterS: 5 })
  }
  const conflicts = undoConflicts(rows, await listMoving(tx, made))
  if (conflicts.size > 0) throw new ImportConflicts(conflicts)
  await setUndone(tx, id, actor.subject)
  await appendAudit(tx, [{ actor, action: 'import.undo', detail: { import: id } }])
  // All rows before the clock, which both of the following take.
  await lockRoutings(tx, tenantIds(changes))
  await beginOffboardings(tx, actor, made, { from: 'active', onlyIfUnused: true, detail: { import: id } })
  await writeChanges(tx, actor, id, rows, true)
  return made
}
