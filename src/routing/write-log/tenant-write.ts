import { type Clock, systemClock } from '../../clock.ts'
import type { Db } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { Placement } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { TenantRoutes, WritePermit } from '../lease/tenant-routes.ts'
import { type Sent, settlements } from './settlements.ts'
import { type Intended, intend, settle, type WriteKind } from './write-journal.ts'
import { inDoubt, isRefusal, untouched, type WriteOutcome } from './write-outcome.ts'

/** What a write touches. Ids that can't be listed are no write of `sendWrite`; see `sendUnlisted`. */
export interface TenantWrite {
  readonly ids: readonly string[]
  readonly kind: WriteKind
  /** How long `send` may look before it calls the store, in ms. */
  readonly lookMs?: number
}

/** Where the ids of a write were found, while the tenant moves. */
export interface Found {
  readonly placeId: number
  readonly moveId: string
  /** By Postgres's clock, when the look began. What was written after it is not what was found. */
  readonly at?: string
  /** Told which ids were written since; nothing is sent for them. */
  readonly leftOut?: (ids: readonly string[]) => void
}

/** Where one call of the store goes, and what it has to carry. */
export interface WritePass {
  readonly placement: Placement
  /** The ids of the write that are to be sent: all, or those that were not written since they were found. */
  readonly ids: readonly string[]
  /** Fires when nothing may be sent any more. */
  readonly signal: AbortSignal
  /** Nobody else writes these records until this write can no longer land. */
  readonly isExclusive: boolean
  /** The number that goes into the reserved metadata key of a record put or updated while its tenant moves. */
  stamp(id: string): number | undefined
}

export type Send = (pass: WritePass) => Promise<Sent>

export interface TenantWriteDeps {
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
 * another place than the call before, so a series of writes may cross a switch.
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
  found: Found,
  send: Send,
): Promise<WriteOutcome | 'elsewhere'> {
  return deliver(deps, tenantId, write, found, send)
}

/**
 * Whether a tenant still lives where a look of a verb found what it did, by the registry and not by what is remembered.
 * A place that was left may be purged under the look, and shows nothing then.
 */
export function stillThere(
  deps: TenantWriteDeps,
  tenantId: TenantId,
  found: Found,
): Promise<WriteOutcome | 'elsewhere'> {
  return deliver(deps, tenantId, { ids: [], kind: 'delete' }, found, async () => ({}))
}

/** Sends a write that can't name its ids: directly, or not at all while the tenant moves. */
export function sendUnlisted(deps: TenantWriteDeps, tenantId: TenantId, send: Send): Promise<WriteOutcome | 'moving'> {
  return underPermit(deps, tenantId, async (permit) =>
    permit.moveId === undefined ? (await call(direct(permit, []), send)).outcome : 'moving',
  )
}

async function deliver(
  deps: TenantWriteDeps,
  tenantId: TenantId,
  write: TenantWrite,
  found: Found | undefined,
  send: Send,
): Promise<WriteOutcome | 'elsewhere'> {
  const clock = deps.clock ?? systemClock
  const patienceMs = clock.now() + deps.settings.busyWaitMs
  let { ids } = write
  for (;;) {
    const tried = await underPermit(deps, tenantId, async (permit) => {
      if (found !== undefined && !isStill(found, permit)) return 'elsewhere' as const
      if (permit.moveId === undefined) return (await call(direct(permit, ids), send)).outcome
      return sendJournaled(deps, tenantId, { ...permit, moveId: permit.moveId }, { ...write, ids }, found, send)
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

/** The one place where a permit begins and ends. What is not journaled and in doubt is told to those who wait for it. */
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
    const isJournaled = permit.moveId !== undefined
    const mayLand = typeof done !== 'string' && done.kind === 'inDoubt'
    permit.end(mayLand && !isJournaled ? 'in_doubt' : 'settled')
  }
}

function isStill({ placeId, moveId }: Found, permit: WritePermit): boolean {
  return permit.placement.placeId === placeId && permit.moveId === moveId
}

function direct({ placement, signal }: WritePermit, ids: readonly string[]): WritePass {
  return { placement, ids, signal, isExclusive: false, stamp: () => undefined }
}

type Unsent = Exclude<Intended, { readonly kind: 'intended' }>

function isUnsent(tried: WriteOutcome | Unsent): tried is Unsent {
  return tried.kind === 'stale' || tried.kind === 'busy' || tried.kind === 'newer'
}

async function sendJournaled(
  deps: TenantWriteDeps,
  tenantId: TenantId,
  permit: WritePermit & { readonly moveId: string },
  { ids, kind, lookMs = 0 }: TenantWrite,
  found: Found | undefined,
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
  for (const [some, settlement] of settlements(seqs, outcome, sent, storeInDoubtMs)) {
    await settle(deps.db, moveId, some, settlement).catch(() => undefined)
  }
  return outcome
}

/** The one place where a call of the store becomes an outcome. */
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
