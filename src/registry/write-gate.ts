import { type Clock, systemClock } from '../clock.ts'
import type { Db } from '../db/connect.ts'
import { AppError, isAppError } from '../errors.ts'
import type { Placement } from '../placement/placement.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { TenantRoutes, WritePermit } from './tenant-routes.ts'
import { intend, type Settlement, settle } from './write-journal.ts'

/** What a write touches. Ids that can't be listed are no write of this gate. */
export interface GatedWrite {
  readonly ids: readonly string[]
  /** It puts the records whole; false: it deletes them. */
  readonly isPut: boolean
}

/** Where one call of the store goes, and what it has to carry. */
export interface GatePass {
  readonly placement: Placement
  /** Fires when nothing may be sent any more. */
  readonly signal: AbortSignal
  /** Nobody else writes these records until this write can no longer land. */
  readonly isExclusive: boolean
  /** The number that goes into the reserved metadata key of a record put while its tenant moves. */
  stamp(id: string): number | undefined
}

/** What the store said: the part of a receipt that the gate needs. */
interface Receipt {
  readonly lsn?: number
  readonly doubtful?: true
}

export interface WriteGateDeps {
  readonly routes: TenantRoutes
  readonly db: Db
  readonly settings: {
    /** The longest one call of the store may take, with its repeats. */
    readonly storeCallMs: number
    readonly storeInDoubtMs: number
    /** How long a write waits for another one of the same record. */
    readonly busyWaitMs: number
  }
  readonly clock?: Clock
}

/**
 * Sends one write to the tenant's active place, the way its phase asks for (docs/moves.md section 3): directly; or
 * with an intent committed before and settled after; or, while a move switches, later. It may be asked to send to
 * another place than the call before: records are put whole, so a series of writes may cross a switch.
 *
 * @throws what `send` throws; `writes_held`, also when another write of one of the records stays in doubt.
 */
export async function passGate<R extends Receipt>(
  deps: WriteGateDeps,
  tenantId: TenantId,
  write: GatedWrite,
  send: (pass: GatePass) => Promise<R>,
): Promise<R> {
  const clock = deps.clock ?? systemClock
  const patience = clock.now() + deps.settings.busyWaitMs
  for (;;) {
    const permit = await deps.routes.beginWrite(tenantId)
    const tried = await attempt(deps, tenantId, permit, write, send)
    if (tried.kind === 'sent') return tried.receipt
    if (tried.kind === 'stale') await deps.routes.catchUp()
    else await waitFor(clock, tried.busyMs, patience)
  }
}

type Attempt<R> =
  | { readonly kind: 'sent'; readonly receipt: R }
  | { readonly kind: 'stale' }
  | { readonly kind: 'busy'; readonly busyMs: number }

async function attempt<R extends Receipt>(
  deps: WriteGateDeps,
  tenantId: TenantId,
  permit: WritePermit,
  write: GatedWrite,
  send: (pass: GatePass) => Promise<R>,
): Promise<Attempt<R>> {
  const { placement, signal, moveId, epoch, session } = permit
  if (moveId === undefined) return { kind: 'sent', receipt: await sendDirectly(permit, send) }
  try {
    const { storeCallMs, storeInDoubtMs } = deps.settings
    const mayLandMs = storeCallMs + storeInDoubtMs
    const intended = await intend(deps.db, { tenantId, moveId, epoch, session, ...write, mayLandMs })
    if (intended.kind !== 'intended') return intended
    const { seqs } = intended
    const close = (settlement: Settlement) => settle(deps.db, moveId, seqs, settlement)
    try {
      const receipt = await send({ placement, signal, isExclusive: true, stamp: (id) => seqs.get(id) })
      // A row that can't be settled now is closed by the mover when its time is over: the write is done all the same.
      await close(receipt.doubtful ? inDoubt(deps) : { kind: 'done', lsn: receipt.lsn }).catch(() => undefined)
      return { kind: 'sent', receipt }
    } catch (fault) {
      await close(isRefusal(fault) ? { kind: 'refused' } : inDoubt(deps)).catch(() => undefined)
      throw fault
    }
  } finally {
    permit.end('settled')
  }
}

async function sendDirectly<R extends Receipt>(permit: WritePermit, send: (pass: GatePass) => Promise<R>): Promise<R> {
  let outcome: 'settled' | 'in_doubt' = 'in_doubt'
  try {
    const receipt = await send({
      ...{ placement: permit.placement, signal: permit.signal },
      ...{ isExclusive: false, stamp: () => undefined },
    })
    if (!receipt.doubtful) outcome = 'settled'
    return receipt
  } catch (fault) {
    if (isRefusal(fault)) outcome = 'settled'
    throw fault
  } finally {
    permit.end(outcome)
  }
}

/** Anything but a plain refusal counts as a doubt. */
function isRefusal(fault: unknown): boolean {
  return isAppError(fault) && fault.code !== 'outcome_unknown'
}

function inDoubt(deps: WriteGateDeps): Settlement {
  return { kind: 'in_doubt', mayLandMs: deps.settings.storeInDoubtMs }
}

async function waitFor(clock: Clock, busyMs: number, patience: number): Promise<void> {
  const leftMs = patience - clock.now()
  if (leftMs <= 0) {
    const words = 'Another write of the same record is under way, or got no answer. Try again.'
    throw new AppError('writes_held', words, { retryAfterS: Math.max(1, Math.ceil(busyMs / 1000)) })
  }
  await clock.sleep(Math.min(25, leftMs))
}
