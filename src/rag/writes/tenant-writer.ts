import type { TenantId } from '../../placement/tenant-id.ts'
import { sendWrite } from '../../routing/write-log/tenant-write.ts'
import type { WriteOutcome } from '../../routing/write-log/write-outcome.ts'
import { type RecordShape, shapeOf } from '../checks/record-shape.ts'
import { deleteAllRecords } from './delete-all-records.ts'
import { refuseChange, refusePut } from './fitting-place.ts'
import { beforeFirstWrite } from './note-first-write.ts'
import { notingChanges, type ReadBefore } from './noting-changes.ts'
import type { TenantWriter } from './records-writer.ts'
import { updateMatching } from './update-matching.ts'
import type { WriteDeps, WriterOptions } from './write-deps.ts'
import { type WriteKit, writeKit } from './write-kit.ts'
import { deleteMatching } from './write-matching.ts'

/**
 * Runs the writes of one verb. Each takes its own permit, so a move never waits for more than one call. Afterwards the
 * tenant's cached answers are dropped if anything was changed, or may have been. They continue when the caller
 * disconnects: what has begun is completed.
 */
export async function writing<T>(
  deps: WriteDeps,
  tenantId: TenantId,
  work: (writer: TenantWriter) => Promise<T>,
  options: WriterOptions = {},
): Promise<T> {
  let hasChanged = false
  const note = (outcome: WriteOutcome): WriteOutcome => {
    hasChanged ||= outcome.kind !== 'untouched'
    return outcome
  }
  const adopted = await beforeFirstWrite(deps, tenantId)
  try {
    const shape = shapeOf(adopted === undefined ? {} : { adopted })
    const writer = tenantWriter(writeKit(deps, tenantId, options, adopted), shape, note)
    const isApp = options.isClaimed !== true && options.takesOver !== true
    if (!isApp) return await work(writer)
    const readBefore: ReadBefore = async (ids) => {
      const { routing } = await deps.routes.find(tenantId)
      const { records } = await deps.stores.open(routing.active).fetch(ids)
      return [...records.values()]
    }
    return await work(notingChanges(deps.appChanges, tenantId, writer, adopted, readBefore))
  } finally {
    if (hasChanged) deps.writes.announce(tenantId)
  }
}

function tenantWriter(kit: WriteKit, shape: RecordShape, note: (outcome: WriteOutcome) => WriteOutcome): TenantWriter {
  const { gate, tenantId } = kit
  return {
    async upsert(records, made) {
      const refusal = refusePut(records, made, shape)
      const write = { ids: records.map((one) => one.id), kind: 'put', refusal } as const
      return note(await sendWrite(gate, tenantId, write, kit.put(records)))
    },
    async update(change, made) {
      const write = {
        ids: [change.id],
        kind: 'update',
        refusal: refuseChange(change.setMetadata, made, shape),
      } as const
      return note(await sendWrite(gate, tenantId, write, kit.update(change)))
    },
    async deleteIds(ids) {
      return note(await sendWrite(gate, tenantId, { ids, kind: 'delete' }, kit.deleteIds()))
    },
    async deleteMatching(filter) {
      return note(await deleteMatching(kit, filter))
    },
    async updateMatching(filter, setMetadata) {
      const done = await updateMatching(kit, filter, setMetadata, refuseChange(setMetadata, undefined, shape))
      note(done.outcome)
      return done
    },
    async deleteAll() {
      return note(await deleteAllRecords(kit))
    },
  }
}
