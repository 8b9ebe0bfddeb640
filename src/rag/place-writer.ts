import type { TenantWrites } from '../cache/tenant-writes.ts'
import { AppError, isAppError } from '../errors.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { TenantRoutes } from '../registry/tenant-routes.ts'
import type { CallOptions, TenantStore, VectorRecord, VectorStore, WriteReceipt } from '../stores/store.ts'
import type { RagMemory } from './rag-memory.ts'

export interface WriteDeps {
  readonly routes: TenantRoutes
  readonly stores: VectorStore
  readonly writes: TenantWrites
  readonly memory: Pick<RagMemory, 'writtenLsns' | 'realEmpties'>
}

/** The place a write goes to, and what became of the calls so far. */
export interface PlaceWriter {
  readonly placeId: number
  upsert(records: readonly VectorRecord[]): Promise<void>
  deleteIds(ids: readonly string[]): Promise<void>
  deleteAll(): Promise<void>
  /** Something was changed, or may have been. */
  readonly touched: boolean
  /** A call, or an attempt of one, has no answer and may still land. */
  readonly inDoubt: boolean
}

/** The longest one call of the store may take, with its repeats. */
export const storeCallMs = 25_000

/**
 * Runs a write in the tenant's place: under a permit, so that moves wait for it, and with the tenant's cached answers
 * dropped afterwards, also after a failure. The caller's going away does not stop it: what is begun is brought to its
 * end.
 *
 * @throws what `work` throws, and the faults of `TenantRoutes.beginWrite`.
 */
export async function writeInPlace<T>(
  deps: WriteDeps,
  tenantId: TenantId,
  work: (place: PlaceWriter) => Promise<T>,
): Promise<T> {
  const permit = await deps.routes.beginWrite(tenantId)
  const { placeId } = permit.placement
  const writer = placeWriter(deps.stores.open(permit.placement), (lsn) => {
    deps.memory.writtenLsns.set(placeId, Math.max(lsn, deps.memory.writtenLsns.get(placeId) ?? 0))
  })
  try {
    return await work(writer)
  } finally {
    permit.end(writer.inDoubt ? 'in_doubt' : 'settled')
    if (writer.touched) {
      deps.memory.realEmpties.delete(placeId)
      deps.writes.announce(tenantId)
    }
  }
}

function placeWriter(store: TenantStore, onLsn: (lsn: number) => void): PlaceWriter {
  const fate = { touched: false, inDoubt: false }
  const run = async (call: (options: CallOptions) => Promise<WriteReceipt>): Promise<void> => {
    const limit = new AbortController()
    const words = 'The vector store takes too long. Nothing was changed; try again.'
    const timer = setTimeout(() => limit.abort(new AppError('store_busy', words, { retryAfterS: 2 })), storeCallMs)
    try {
      const receipt = await call({ signal: limit.signal })
      fate.touched = true
      fate.inDoubt ||= receipt.doubtful === true
      if (receipt.lsn !== undefined) onLsn(receipt.lsn)
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
  return {
    placeId: store.placement.placeId,
    upsert: (records) => run((options) => store.upsert(records, options)),
    deleteIds: (ids) => run((options) => store.deleteIds(ids, options)),
    deleteAll: () => run((options) => store.deleteAll(options)),
    get touched() {
      return fate.touched
    },
    get inDoubt() {
      return fate.inDoubt
    },
  }
}
