import type { TenantWrite } from '../../routing/write-log/tenant-write.ts'
import type { WriteOutcome } from '../../routing/write-log/write-outcome.ts'
import type { Filter, Metadata } from '../../stores/store.ts'
import type { WriteKit } from './write-kit.ts'
import { writeMatching } from './write-matching.ts'

/** The vendor updates one id a call: as many as fit into the time of one write, a few at once, also on a slow store. */
const idsAtOnce = 100

/**
 * Sets metadata fields of an app's own matching records; see `writeMatching`.
 * @returns how many records matched, as the store told at rest, or as many as were updated by id.
 */
export async function updateMatching(
  kit: WriteKit,
  filter: Filter,
  setMetadata: Metadata,
  refusal: TenantWrite['refusal'],
): Promise<{ readonly outcome: WriteOutcome; readonly matched: number }> {
  let matched = 0
  const updated = new Set<string>()
  const outcome = await writeMatching(kit, filter, {
    kind: 'update',
    idsAtOnce,
    ...(refusal && { refusal }),
    byFilter: (own) =>
      kit.updateByFilter(own, setMetadata, (count) => {
        matched = count
      }),
    byIds: () => (pass) => {
      for (const id of pass.ids) updated.add(id)
      return kit.updateIds(setMetadata)(pass)
    },
  })
  return { outcome, matched: Math.max(matched, updated.size) }
}
