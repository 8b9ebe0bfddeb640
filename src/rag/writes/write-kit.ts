import { type Clock, systemClock } from '../../clock.ts'
import { AppError, isAppError } from '../../errors.ts'
import type { AdoptedTenant } from '../../placement/phase.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { Sent } from '../../routing/write-log/entry-outcomes.ts'
import type { Send, TenantWriteDeps, WritePass } from '../../routing/write-log/tenant-write.ts'
import { eachBatch } from '../../stores/batch-run.ts'
import { stamped } from '../../stores/reserved.ts'
import type {
  CallOptions,
  Filter,
  Metadata,
  RecordChange,
  TenantStore,
  VectorRecord,
  VectorStore,
  WriteReceipt,
} from '../../stores/store.ts'
import { indexMustBeThere } from '../index-gone.ts'
import type { RagMemory } from '../rag-memory.ts'
import type { WriteDeps, WriterOptions } from './write-deps.ts'

/** Longest duration of one store call, including its repeats. */
export const storeCallMs = 25_000
const busyWaitMs = 5_000

/** The store calls of one tenant's writes, in the form of `sendWrite` and `sendUnlisted`. */
export interface WriteKit {
  readonly tenantId: TenantId
  readonly gate: TenantWriteDeps
  readonly stores: VectorStore
  readonly memory: Pick<RagMemory, 'filterDeletes'>
  readonly clock: Clock
  readonly storeVisibleMs: number
  put(records: readonly VectorRecord[]): Send
  update(change: RecordChange): Send
  deleteIds(): Send
  /** The same partial change of metadata of each record. */
  updateIds(setMetadata: Metadata): Send
  updateByFilter(filter: Filter, setMetadata: Metadata, onMatched: (count: number) => void): Send
  deleteByFilter(filter: Filter): Send
  deleteAll(): Send
}

/**
 * A write without exclusive records is not repeated after an attempt without an answer; see `noRepeatInDoubt`. A write
 * that names no records is never exclusive: a claim covers documents, not an app's own records.
 */
export function writeKit(
  deps: WriteDeps,
  tenantId: TenantId,
  { isClaimed }: WriterOptions,
  adopted?: AdoptedTenant,
): WriteKit {
  const { db, routes, stores, memory, clock = systemClock } = deps
  const { storeInDoubtMs, storeVisibleMs } = deps.settings
  const limits = { storeCallMs, busyWaitMs, ...deps.settings }
  const gate = { db, routes, clock, settings: { ...limits, storeInDoubtMs } }
  type Run = (store: TenantStore, options: CallOptions, pass: WritePass) => Promise<WriteReceipt>
  const call = async (pass: WritePass, isExclusive: boolean, run: Run): Promise<WriteReceipt> => {
    const sending = bounded(clock, limits.storeCallMs, pass.signal, (signal) =>
      run(stores.open(pass.placement), { signal, noRepeatInDoubt: !isExclusive }, pass),
    )
    const receipt = await indexMustBeThere(adopted === undefined ? sending : noted(deps, adopted, pass, sending))
    memory.realEmpties.delete(pass.placement.placeId)
    return receipt
  }
  const listed =
    (run: Run): Send =>
    (pass) =>
      call(pass, isClaimed === true || pass.isExclusive, run)
  const unlisted =
    (run: Run): Send =>
    (pass) =>
      call(pass, false, run)
  return {
    tenantId,
    gate,
    stores,
    memory,
    clock,
    storeVisibleMs,
    put: (records) => async (pass) => {
      const unstamped: string[] = []
      const whole = records.map((record) => {
        const stamp = pass.stamp(record.id)
        const metadata = stamp === undefined ? undefined : stamped(record.metadata, stamp)
        if (stamp !== undefined && metadata === undefined) unstamped.push(record.id)
        return metadata === undefined ? record : { ...record, metadata }
      })
      const receipt = await listed((store, options) => store.upsert(whole, options))(pass)
      return { ...receipt, unstamped }
    },
    update: (change) => (pass) =>
      updateStamped(change, pass, (one) => listed((store, o) => store.update(one, o))(pass)),
    deleteIds: () => listed((store, options, { ids }) => store.deleteIds(ids, options)),
    updateIds: (setMetadata) => async (pass) => {
      const unstamped: string[] = []
      const receipt = await listed((store, options) => updateEach(store, setMetadata, pass, options, unstamped))(pass)
      return { ...receipt, unstamped }
    },
    updateByFilter: (filter, setMetadata, onMatched) =>
      unlisted(async (store, options) => {
        const { matched, ...receipt } = await store.updateByFilter(filter, setMetadata, options)
        if (matched !== undefined) onMatched(matched)
        return receipt
      }),
    deleteByFilter: (filter) => unlisted((store, options) => store.deleteByFilter(filter, options)),
    deleteAll: () => unlisted((store, options) => store.deleteAll(options)),
  }
}

/** The vendor merges the metadata, so only the vendor knows whether the record has space for the stamp. */
async function updateStamped(
  change: RecordChange,
  pass: WritePass,
  send: (change: RecordChange) => Promise<Sent>,
): Promise<Sent> {
  const stamp = pass.stamp(change.id)
  const setMetadata = stamp === undefined ? undefined : stamped(change.setMetadata, stamp)
  const plain = async () => ({ ...(await send(change)), ...(stamp !== undefined && { unstamped: [change.id] }) })
  if (setMetadata === undefined) return plain()
  try {
    return await send({ ...change, setMetadata })
  } catch (fault) {
    if (!isAppError(fault, 'invalid_request')) throw fault
    return plain()
  }
}

/**
 * Updates records one by one, since the vendor takes one id a call, a few at once. They are one write: it is in doubt
 * when some are done and others are not.
 */
async function updateEach(
  store: TenantStore,
  setMetadata: Metadata,
  pass: WritePass,
  options: CallOptions,
  unstamped: string[],
): Promise<WriteReceipt> {
  const done = await eachBatch(pass.ids, 'write', async (id) => {
    const sent = await updateStamped({ id, setMetadata }, pass, (change) => store.update(change, options))
    unstamped.push(...(sent.unstamped ?? []))
    return sent
  })
  const lsns = done.flatMap(({ lsn }) => lsn ?? [])
  return {
    ...(lsns.length > 0 && lsns.length === done.length && { lsn: Math.max(...lsns) }),
    ...(done.some(({ doubtful }) => doubtful) && { doubtful: true as const }),
  }
}

/** Tells the watch over an adopted place of a write of our own. */
async function noted(
  { ownWrites }: WriteDeps,
  { namespace }: AdoptedTenant,
  { placement }: WritePass,
  sending: Promise<WriteReceipt>,
): Promise<WriteReceipt> {
  if (placement.namespace !== namespace) return sending
  try {
    const receipt = await sending
    ownWrites?.note(placement.placeId, receipt.doubtful === true ? undefined : receipt.lsn)
    return receipt
  } catch (fault) {
    ownWrites?.note(placement.placeId, undefined)
    throw fault
  }
}

/** Runs one store call with a time limit. */
async function bounded(
  clock: Clock,
  limitMs: number,
  lease: AbortSignal,
  run: (signal: AbortSignal) => Promise<WriteReceipt>,
): Promise<WriteReceipt> {
  const limit = new AbortController()
  const over = new AbortController()
  const words = 'The vector store takes too long. Nothing was changed; try again.'
  clock.sleep(limitMs, over.signal).then(
    () => limit.abort(new AppError('store_busy', words, { retryAfterS: 2 })),
    () => undefined,
  )
  try {
    return await run(AbortSignal.any([limit.signal, lease]))
  } finally {
    over.abort()
  }
}
