import type { CallOptions, TenantStore } from '../../stores/store.ts'
import { isVisible } from '../checks/check-metadata.ts'
import { indexMustBeThere } from '../index-gone.ts'
import { neighbourIds } from '../stages/neighbour-ids.ts'
import { foundMatch, type Match, type Neighbour } from './match.ts'

/**
 * Gives the chunks around each match beside it. They are fetched by id from the tenant's own place, where the store
 * takes no filter, so who may see them is judged here; the caller's filter chose the matches and not what stands around
 * them. A chunk that is not there, or not seen, is left out; a record that is no chunk has none.
 */
export async function expand(
  store: TenantStore,
  groups: readonly string[],
  matches: readonly Match[],
  reach: number,
  options: CallOptions,
): Promise<readonly Match[]> {
  const wanted = matches.map(({ id }) => neighbourIds(id, reach))
  const ids = new Set(wanted.flatMap((around) => (around === undefined ? [] : [...around.before, ...around.after])))
  if (ids.size === 0) return matches
  const { records } = await indexMustBeThere(store.fetch([...ids], options))
  const seen = (id: string): Neighbour[] => {
    const record = records.get(id)
    if (record === undefined || !isVisible(record.metadata ?? {}, groups)) return []
    const { metadata = {} } = record
    const { score, source, documentId, metadata: own, ...rest } = foundMatch({ id, score: 0, metadata })
    return [rest]
  }
  return matches.map((match, at) => {
    const around = wanted[at]
    if (around === undefined) return match
    return { ...match, neighbours: { before: around.before.flatMap(seen), after: around.after.flatMap(seen) } }
  })
}
