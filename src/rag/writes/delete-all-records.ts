import { sendFound, stillThere } from '../../routing/write-log/tenant-write.ts'
import { also, untouched, type WriteOutcome } from '../../routing/write-log/write-outcome.ts'
import { listWrittenIds } from '../../routing/write-log/written-ids.ts'
import { pagesOf } from '../../stores/pages.ts'
import { acrossPhases, type PassEnd } from './across-phases.ts'
import type { HandledIds } from './handled-ids.ts'
import type { MovingPlace } from './moving-place.ts'
import type { WriteKit } from './write-kit.ts'

/**
 * Deletes every record of a tenant: by the store's own operation at rest; by id while the tenant moves, since a mover
 * can copy only named deletions. It deletes no record twice: what an app put after the first deletion stays.
 */
export function deleteAllRecords(kit: WriteKit): Promise<WriteOutcome> {
  return acrossPhases(kit, {
    atRest: kit.deleteAll(),
    pass: (place, handled) => deleteEveryId(kit, place, handled),
  })
}

async function deleteEveryId(kit: WriteKit, { active, moveId }: MovingPlace, handled: HandledIds): Promise<PassEnd> {
  const found = { placeId: active.placeId, moveId }
  let outcome: WriteOutcome = untouched()
  let fault: unknown
  try {
    for await (const some of everyId(kit, { active, moveId })) {
      const ids = handled.others(some)
      if (ids.length === 0) continue
      const sent = await sendFound(kit.gate, kit.tenantId, { ids, kind: 'delete' }, found, kit.deleteIds())
      if (sent === 'elsewhere') return { outcome, isElsewhere: true }
      outcome = also(outcome, sent)
      if (outcome.fault !== undefined) return { outcome, isElsewhere: false }
      handled.add(ids)
    }
  } catch (thrown) {
    fault = thrown
  }
  // An empty listing proves nothing once the tenant has left: the place may be purged by then.
  const there = await stillThere(kit.gate, kit.tenantId, found)
  if (there === 'elsewhere') return { outcome, isElsewhere: true }
  if (there.fault !== undefined) outcome = also(outcome, there)
  if (fault !== undefined) outcome = also(outcome, untouched(fault))
  return { outcome, isElsewhere: false }
}

/**
 * Every id that a tenant had when this began. The change log has the writes since the copy began. A missing row is
 * older than `storeVisibleMs`, and the listing, which comes after it, shows that write.
 */
async function* everyId(kit: WriteKit, { active, moveId }: MovingPlace): AsyncGenerator<readonly string[]> {
  yield* listWrittenIds(kit.gate.db, moveId)
  const store = kit.stores.open(active)
  for await (const { ids } of pagesOf((from) => store.list(from))) if (ids.length > 0) yield ids
}
