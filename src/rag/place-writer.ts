import type { TenantWrites } from '../cache/tenant-writes.ts'
import type { Db } from '../db/connect.ts'
import { AppError, isAppError } from '../errors.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { listMoveIds } from '../registry/list-move-ids.ts'
import type { TenantRoutes } from '../registry/tenant-routes.ts'
import { type GatedWrite, type GatePass, passGate } from '../registry/write-gate.ts'
import type { CallOptions, TenantStore, VectorRecord, VectorStore, WriteReceipt } from '../stores/store.ts'
import type { RagMemory } from './rag-memory.ts'

export interface WriteDeps {
  readonly db: Db
  readonly routes: TenantRoutes
  readonly stores: VectorStore
  readonly writes: TenantWrites
  readonly memory: Pick<RagMemory, 'writtenLsns' | 'realEmpties'>
  readonly settings: { readonly storeInDoubtMs: number }
}

/** A tenant's writes, one by one, each to where the tenant lives at that moment; and what became of them so far. */
export interface PlaceWriter {
  upsert(records: readonly VectorRecord[]): Promise<void>
  /** Puts only if the tenant still lives there; false: it has moved, and nothing was sent. */
  upsertIn(placeId: number, records: readonly VectorRecord[]): Promise<boolean>
  deleteIds(ids: readonly string[]): Promise<void>
  deleteAll(): Promise<void>
  /** Something was changed, or may have been. */
  readonly touched: boolean
  /** A call, or an attempt of one, has no answer and may still land. */
  readonly inDoubt: boolean
}

/** The longest one call of the store may take, with its repeats. */
export const storeCallMs = 25_000
/** How long a write waits for another one of the same record, on whichever replica, while the tenant moves. */
const busyWaitMs = 5_000
/** The reserved metadata key of a record's number while its tenant moves. */
const stampKey = '_tr'

/**
 * Runs the writes of one verb. Each passes the tenant's gate by itself, so a move never waits for more than one call,
 * and the tenant's cached answers are dropped afterwards, also after a failure. The caller's going away does not stop
 * them: what is begun is brought to its end.
 *
 * A write that nothing keeps exclusive is not repeated once an attempt got no answer: see `noRepeatInDoubt`.
 *
 * @throws what `work` throws.
 */
export async function writeInPlace<T>(
  deps: WriteDeps,
  tenantId: TenantId,
  work: (place: PlaceWriter) => Promise<T>,
  options: WriteOptions = {},
): Promise<T> {
  const fate = { touched: false, inDoubt: false }
  try {
    return await work(placeWriter(deps, tenantId, fate, options.isClaimed === true))
  } finally {
    if (fate.touched) deps.writes.announce(tenantId)
  }
}

interface WriteOptions {
  /** A claim in the registry keeps every other write of these records out until a doubt is over. */
  readonly isClaimed?: boolean
}

interface Fate {
  touched: boolean
  inDoubt: boolean
}

function placeWriter(deps: WriteDeps, tenantId: TenantId, fate: Fate, isClaimed: boolean): PlaceWriter {
  const gate = {
    ...{ db: deps.db, routes: deps.routes },
    settings: { storeCallMs, busyWaitMs, storeInDoubtMs: deps.settings.storeInDoubtMs },
  }
  const call = (run: (store: TenantStore, options: CallOptions, pass: GatePass) => Promise<WriteReceipt>) => {
    return async (pass: GatePass): Promise<WriteReceipt> => {
      const noRepeatInDoubt = !isClaimed && !pass.isExclusive
      const receipt = await bounded(fate, pass.signal, (options) =>
        run(deps.stores.open(pass.placement), { ...options, noRepeatInDoubt }, pass),
      )
      const { placeId } = pass.placement
      const { writtenLsns, realEmpties } = deps.memory
      if (receipt.lsn !== undefined) writtenLsns.set(placeId, Math.max(receipt.lsn, writtenLsns.get(placeId) ?? 0))
      realEmpties.delete(placeId)
      return receipt
    }
  }
  const put = (records: readonly VectorRecord[]) =>
    call((store, options, pass) => store.upsert(stamped(records, pass), options))
  const putting = (records: readonly VectorRecord[]): GatedWrite => ({ ids: records.map((one) => one.id), isPut: true })
  const deleteIds = async (ids: readonly string[]) => {
    await passGate(
      gate,
      tenantId,
      { ids, isPut: false },
      call((store, options) => store.deleteIds(ids, options)),
    )
  }
  return {
    async upsert(records) {
      await passGate(gate, tenantId, putting(records), put(records))
    },
    async upsertIn(placeId, records) {
      let there = true
      await passGate(gate, tenantId, putting(records), async (pass) => {
        there = pass.placement.placeId === placeId
        // Refusing settles the intent as "nothing changed".
        if (!there) throw new AppError('conflict', 'The tenant has moved meanwhile.')
        return put(records)(pass)
      }).catch((error) => {
        if (there) throw error
      })
      return there
    },
    deleteIds,
    async deleteAll() {
      const all = call((store, options) => store.deleteAll(options))
      if (await sentDirectly(deps, tenantId, all)) return
      for await (const ids of everyId(deps, tenantId)) await deleteIds(ids)
    },
    get touched() {
      return fate.touched
    },
    get inDoubt() {
      return fate.inDoubt
    },
  }
}

function stamped(records: readonly VectorRecord[], pass: GatePass): readonly VectorRecord[] {
  return records.map((record) => {
    const stamp = pass.stamp(record.id)
    return stamp === undefined ? record : { ...record, metadata: { ...record.metadata, [stampKey]: stamp } }
  })
}

/** One store call with a limit, its fate noted. */
async function bounded(
  fate: Fate,
  lease: AbortSignal,
  run: (options: CallOptions) => Promise<WriteReceipt>,
): Promise<WriteReceipt> {
  const limit = new AbortController()
  const words = 'The vector store takes too long. Nothing was changed; try again.'
  const timer = setTimeout(() => limit.abort(new AppError('store_busy', words, { retryAfterS: 2 })), storeCallMs)
  try {
    const receipt = await run({ signal: AbortSignal.any([limit.signal, lease]) })
    fate.touched = true
    fate.inDoubt ||= receipt.doubtful === true
    return receipt
  } catch (fault) {
    // Anything but a plain refusal counts as a doubt.
    const refused = isAppError(fault) && fault.code !== 'outcome_unknown'
    fate.touched ||= !refused
    fate.inDoubt ||= !refused
    throw fault
  } finally {
    clearTimeout(timer)
  }
}

/** A write that can't name its ids goes directly or not at all: false while the tenant is moved. */
async function sentDirectly(
  deps: WriteDeps,
  tenantId: TenantId,
  send: (pass: GatePass) => Promise<WriteReceipt>,
): Promise<boolean> {
  const permit = await deps.routes.beginWrite(tenantId)
  let outcome: 'settled' | 'in_doubt' = 'in_doubt'
  try {
    if (permit.moveId === undefined) {
      const receipt = await send({ ...permit, isExclusive: false, stamp: () => undefined })
      if (receipt.doubtful) return true
    }
    outcome = 'settled'
    return permit.moveId === undefined
  } catch (fault) {
    if (isAppError(fault) && fault.code !== 'outcome_unknown') outcome = 'settled'
    throw fault
  } finally {
    permit.end(outcome)
  }
}

/**
 * Every id of a tenant that is being moved. What was written before the move began is shown by the listing, for the
 * copy began only after that was proven; what was written since is in the journal.
 */
async function* everyId(deps: WriteDeps, tenantId: TenantId): AsyncGenerator<readonly string[]> {
  const { routing } = await deps.routes.find(tenantId)
  if (routing.phase === 'arm') {
    throw new AppError('writes_held', 'A move of this tenant is just beginning. Try again.', { retryAfterS: 1 })
  }
  const store = deps.stores.open(routing.active)
  let cursor: string | undefined
  do {
    const page = await store.list(cursor === undefined ? {} : { cursor })
    if (page.ids.length > 0) yield page.ids
    cursor = page.nextCursor
  } while (cursor !== undefined)
  if (routing.phase !== 'steady') yield* listMoveIds(deps.db, routing.moveId)
}
