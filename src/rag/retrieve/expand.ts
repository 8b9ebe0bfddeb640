import type { CallOptions, TenantStore } from '../../stores/store.ts'
import { isVisible } from '../checks/check-metadata.ts'
import type { RecordShape } from '../checks/record-shape.ts'
import { indexMustBeThere } from '../index-gone.ts'
import { neighbourIds } from '../stages/neighbour-ids.ts'
import { foundMatch, type Match, type Neighbour } from './match.ts'

/**
 * Adds the chunks around each match. They are fetched by id from the tenant's own place, where the store takes no
 * filter, so their visibility is checked here; the caller's filter applies to the matches, not to their neighbours. A
 * missing or invisible chunk is left out; a record that is no chunk has no neighbours.
 */
export async function expand(
  store: TenantStore,
  { groups, shape }: { readonly groups: readonly string[]; readonly shape: RecordShape },
  matches: readonly Match[],
  reach: number,
  options: CallOptions,
): Promise<readonly Match[]> {
  const wanted = matches.map(({ id }) => neighbourIds(id, reach, shape))
  const ids = new Set(wanted.flatMap((around) => (around === undefined ? [] : [...around.before, ...around.after])))
  if (ids.size === 0) return matches
  const { records } = await indexMustBeThere(store.fetch([...ids], options))
  const seen = (id: string): Neighbour[] => {
    const record = records.get(id)
    if (record === undefined || !isVisible(record.metadata ?? {}, groups, shape.visibility)) return []
    const { metadata = {} } = record
    const { score, source, documentId, metadata: own, ...rest } = foundMatch({ id, score: 0, metadata }, shape)
    return [rest]
  }
  return matches.map((match, at) => {
    const around = wanted[at]
    if (around === undefined) return match
    return { ...match, neighbours: { before: around.before.flatMap(seen), after: around.after.flatMap(seen) } }
  })
}
