import type { StaffPrincipal } from '../../auth/principal.ts'
import { eachLimited } from '../../concurrency/each-limited.ts'
import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { Tier } from '../../placement/placement.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { lockImportedTenants } from '../../registry/imports/import-tenants.ts'
import { countImportRows, lockImport, readImportChanges, setApplied } from '../../registry/imports/imports.ts'
import type { PlaceReservation } from '../../registry/reserve-places.ts'
import type { NewTenant } from '../../registry/tenants.ts'
import { type Reserved, reserveIn, untilReserved } from '../onboard/reserve.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { applyConflicts, type RowNow, rowsNow, tenantIds } from './conflicts.ts'
import { attributesAfter, foreignAttributes } from './diff.ts'
import { ImportConflicts, keepConflicts } from './import-conflicts.ts'
import { type ImportView, noSuchImport, viewImport } from './import-view.ts'
import { writeChanges } from './write-changes.ts'

/** New tenants whose namespaces are made at the same time. */
const provisionedAtOnce = 32

export interface ApplyInput {
  /** Leaves refused rows out; otherwise an import with one is not applied. */
  readonly leaveOutRefused?: boolean | undefined
}

/**
 * Applies a preview in one transaction: all of its rows or none. A new tenant starts in a shared index, whoever imports
 * it; its place is made after the answer. A repeat changes nothing.
 *
 * @throws AppError `not_found`; `conflict` when rows are refused, when a colleague changed a row's tenant meanwhile (the
 *   rows then say what), or when it was undone; `forbidden`; `index_limit_reached`
 */
export async function applyImport(
  deps: Pick<TenantWork, 'db' | 'settings' | 'provision' | 'indexesOpened' | 'restoreGate'>,
  actor: StaffPrincipal,
  id: string,
  input: ApplyInput = {},
): Promise<ImportView> {
  const { db, settings } = deps
  await deps.restoreGate.pass()
  const work = (tx: Tx, mayOpen: boolean) => applyIn(tx, deps, actor, { ...input, id, mayOpen })
  const reserved = await untilReserved(db, settings, work).catch((error: unknown) =>
    keepConflicts(db, id, error, 'applied'),
  )
  deps.indexesOpened(reserved.opened)
  const places = reserved.reservations.filter((one): one is PlaceReservation => one !== undefined)
  // Faults are logged by the work itself, and the sweep takes up what is unfinished.
  void eachLimited(places, provisionedAtOnce, (one) => deps.provision(one.place.tenantId, one))
  return viewImport(db, id)
}

interface ApplyOptions extends ApplyInput {
  readonly id: string
  readonly mayOpen: boolean
}

const nothing: Reserved = { reservations: [], opened: [] }

async function applyIn(
  tx: Tx,
  { settings }: Pick<TenantWork, 'settings'>,
  actor: StaffPrincipal,
  { id, mayOpen, leaveOutRefused = false }: ApplyOptions,
): Promise<Reserved> {
  const head = await lockImport(tx, id)
  if (head === undefined) throw noSuchImport()
  if (head.state === 'applied') return nothing
  if (head.state === 'undone') throw new AppError('conflict', 'The import was undone. Preview the file again.')
  const refused = (await countImportRows(tx, [id])).get(id)?.refused ?? 0
  if (refused > 0 && !leaveOutRefused) {
    const rows = refused === 1 ? 'One row is' : `${refused} rows are`
    throw new AppError('conflict', `${rows} refused, so nothing was applied. Correct the file, or leave them out.`)
  }
  const changes = await readImportChanges(tx, id)
  if (!actor.roles.has('platform')) {
    const foreign = new Set(changes.flatMap((row) => foreignAttributes(row.changes)))
    if (foreign.size > 0) throw new AppError('forbidden', `Only the platform team changes ${[...foreign].join(', ')}.`)
  }
  const rows = rowsNow(changes, await lockImportedTenants(tx, tenantIds(changes)))
  const conflicts = applyConflicts(rows)
  if (conflicts.size > 0) throw new ImportConflicts(conflicts)
  const orders = rows.filter(({ row }) => row.kind === 'new').map((one) => ({ tenant: newTenant(one), actor }))
  const reserved = orders.length === 0 ? nothing : await reserveIn(tx, settings, orders, mayOpen)
  if (reserved.reservations.includes(undefined)) {
    throw new AppError('conflict', 'Another caller made one of the tenants at this moment. Apply it again.')
  }
  await setApplied(tx, id, actor.subject)
  const detail = { import: id, file: head.file, created: orders.length, changed: rows.length - orders.length }
  await appendAudit(tx, [{ actor, action: 'import.apply', detail }])
  await writeChanges(tx, actor, id, rows)
  return reserved
}

function newTenant({ row, tenantId }: RowNow): NewTenant {
  const { name, tier, region } = row.changes
  return {
    id: tenantId,
    name: String(name?.to ?? tenantId),
    tier: (tier?.to ?? 'standard') as Tier,
    region: region?.to === undefined || region.to === null ? null : String(region.to),
    limits: {},
    attributes: attributesAfter({}, row.changes),
    initialKind: 'pool',
  }
}
