import { type Clock, systemClock } from '../../clock.ts'
import type { Db } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { Placement } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { TenantRoutes, WritePermit } from '../lease/tenant-routes.ts'
import { closeEntries, type Intended, intend, type WriteKind } from './change-log.ts'
import { entryOutcomes, type Sent } from './entry-outcomes.ts'
import { inDoubt, isRefusal, untouched, type WriteOutcome } from './write-outcome.ts'

/** The records that a write touches. A write whose ids cannot be listed goes through `sendUnlisted`. */
export interface TenantWrite {
  readonly ids: readonly string[]
  readonly kind: WriteKind
  /** Milliseconds that `send` may spend on a look before it calls the store. */
  readonly lookMs?: number
  /** Why the write can't be sent to these places; asked under the permit, before anything is logged or sent. */
  readonly refusal?: (permit: Pick<WritePermit, 'placement' | 'follower'>) => AppError | undefined
}

/** The place where a write's ids were found, while the tenant moves. */
export interface FoundIds {
  readonly placeId: number
  readonly moveId: string
  /** Postgres's time at the start of the look. Records written later are not the ones found. */
  readonly at?: string
  /** Receives the ids that were written since; nothing is sent for them. */
  readonly leftOut?: (ids: readonly string[]) => void
}

/** The target of one store call, and what the call has to carry. */
export interface WritePass {
  readonly placement: Placement
  /** The ids to send: all, or those not written since they were found. */
  readonly ids: readonly string[]
  /** Fires when nothing more may be sent. */
  readonly signal: AbortSignal
  /** Whether nobody else writes these records until this write can no longer land. */
  readonly isExclusive: boolean
  /** The number for the reserved metadata key of a record put or updated while its tenant moves. */
  stamp(id: string): number | undefined
}

export type Send = (pass: WritePass) => Promise<Sent>

export interface TenantWriteDeps {
  readonly routes: TenantRoutes
  readonly db: Db
  readonly settings: {
    /** Longest duration of one store call, including its repeats. */
    readonly storeCallMs: number
    readonly storeInDoubtMs: number
    /** Longest wait of a write for another write of the same record. */
    readonly busyWaitMs: number
  }
  readonly clock?: Clock
}

/**
 * Sends one write to the tenant's active place, as its phase demands (docs/moves.md section 3): directly; or with an
 * intent committed before and its outcome recorded after; or, while a move cuts over, later. The place may differ from
 * the previous call's, so a series of writes may cross a cutover.
 */
export async function sendWrite(
  deps: TenantWriteDeps,
  tenantId: TenantId,
  write: TenantWrite,
  send: Send,
): Promise<WriteOutcome> {
  const sent = await deliver(deps, tenantId, write, undefined, send)
  return sent === 'elsewhere' ? untouched(new Error('a write without a place is never elsewhere')) : sent
}

/**
 * Sends a write whose ids were found by a look at a place of a move.
 * @returns `elsewhere` when the tenant no longer lives there, or no longer moves: nothing was sent, look again.
 */
export function sendFound(
  deps: TenantWriteDeps,
  tenantId: TenantId,
  write: TenantWrite,
  found: FoundIds,
  send: Send,
): Promise<WriteOutcome | 'elsewhere'> {
  return deliver(deps, tenantId, write, found, send)
}

/**
 * Whether a tenant still lives where a verb found its records, by the registry instead of the cache. A place that the
 * tenant left may be purged during the look, and then shows nothing.
 */
export function stillThere(
  deps: TenantWriteDeps,
  tenantId: TenantId,
  found: FoundIds,
): Promise<WriteOutcome | 'elsewhere'> {
  return deliver(deps, tenantId, { ids: [], kind: 'delete' }, found, async () => ({}))
}

/** Sends a write that cannot list its ids: directly, or not at all while the tenant moves. */
export function sendUnlisted(deps: TenantWriteDeps, tenantId: TenantId, send: Send): Promise<WriteOutcome | 'moving'> {
  return underPermit(deps, tenantId, async (permit) =>
    permit.moveId === undefined ? (await call(direct(permit, []), send)).outcome : 'moving',
  )
}

async function deliver(
  deps: TenantWriteDeps,
  tenantId: TenantId,
  write: TenantWrite,
  found: FoundIds | undefined,
  send: Send,
): Promise<WriteOutcome | 'elsewhere'> {
  const clock = deps.clock ?? systemClock
  const patienceMs = clock.now() + deps.settings.busyWaitMs
  let { ids } = write
  for (;;) {
    const tried = await underPermit(deps, tenantId, async (permit) => {
      if (found !== undefined && !isStill(found, permit)) return 'elsewhere' as const
      const refusal = write.refusal?.(permit)
      if (refusal !== undefined) return untouched(refusal)
      if (permit.moveId === undefined) return (await call(direct(permit, ids), send)).outcome
      return sendLogged(deps, tenantId, { ...permit, moveId: permit.moveId }, { ...write, ids }, found, send)
    })
    if (tried === 'elsewhere' || !isUnsent(tried)) return tried
    if (tried.kind === 'newer') {
      found?.leftOut?.(tried.ids)
      const left = new Set(tried.ids)
      ids = ids.filter((id) => !left.has(id))
      if (ids.length === 0) return untouched()
    } else if (tried.kind === 'stale') {
      const fault = await deps.routes.catchUp().then(() => undefined, untouched)
      if (fault !== undefined) return fault
    } else if (clock.now() >= patienceMs) return untouched(writeUnderWay(tried.busyMs))
    else await clock.sleep(Math.max(1, Math.min(25, patienceMs - clock.now())))
  }
}

/**
 * The only place where a permit begins and ends. A doubt outside the change log is reported to the barriers that wait for it.
 */
async function underPermit<T extends string | WriteOutcome | Unsent>(
  deps: TenantWriteDeps,
  tenantId: TenantId,
  work: (permit: WritePermit) => Promise<T>,
): Promise<T | WriteOutcome> {
  const permit = await deps.routes.beginWrite(tenantId).catch(untouched)
  if (!('end' in permit)) return permit
  let done: T | WriteOutcome = inDoubt()
  try {
    done = await work(permit)
    return done
  } finally {
    const isLogged = permit.moveId !== undefined
    const mayLand = typeof done !== 'string' && done.kind === 'inDoubt'
    permit.end(mayLand && !isLogged ? 'in_doubt' : 'settled')
  }
}

function isStill({ placeId, moveId }: FoundIds, permit: WritePermit): boolean {
  return permit.placement.placeId === placeId && permit.moveId === moveId
}

function direct({ placement, signal }: WritePermit, ids: readonly string[]): WritePass {
  return { placement, ids, signal, isExclusive: false, stamp: () => undefined }
}

type Unsent = Exclude<Intended, { readonly kind: 'intended' }>

function isUnsent(tried: WriteOutcome | Unsent): tried is Unsent {
  return tried.kind === 'stale' || tried.kind === 'busy' || tried.kind === 'newer'
}

async function sendLogged(
  deps: TenantWriteDeps,
  tenantId: TenantId,
  permit: WritePermit & { readonly moveId: string },
  { ids, kind, lookMs = 0 }: TenantWrite,
  found: FoundIds | undefined,
  send: Send,
): Promise<WriteOutcome | Unsent> {
  const { placement, signal, moveId, epoch, session } = permit
  const { storeCallMs, storeInDoubtMs } = deps.settings
  const mayLandMs = lookMs + storeCallMs + storeInDoubtMs
  const intent = { tenantId, moveId, epoch, session, ids, kind, mayLandMs, notSince: found?.at }
  const intended = await intend(deps.db, intent).catch(untouched)
  if (intended.kind !== 'intended') return intended
  const { seqs } = intended
  const { outcome, sent } = await call({ placement, ids, signal, isExclusive: true, stamp: (id) => seqs.get(id) }, send)
  // A row that can't be settled now is closed by the mover when its time is over: the write is done all the same.
  for (const [some, settlement] of entryOutcomes(seqs, outcome, sent, storeInDoubtMs)) {
    await closeEntries(deps.db, moveId, some, settlement).catch(() => undefined)
  }
  return outcome
}

/** The only place where a store call becomes an outcome. */
async function call(pass: WritePass, send: Send): Promise<{ readonly outcome: WriteOutcome; readonly sent: Sent }> {
  try {
    const sent = await send(pass)
    return { outcome: sent.doubtful ? inDoubt() : { kind: 'changed' }, sent }
  } catch (fault) {
    return { outcome: isRefusal(fault) ? untouched(fault) : inDoubt(fault), sent: {} }
  }
}

function writeUnderWay(busyMs: number): AppError {
  const words = 'Another write of the same record is under way, or got no answer. Try again.'
  return new AppError('writes_held', words, { retryAfterS: Math.max(1, Math.ceil(busyMs / 1000)) })
}
