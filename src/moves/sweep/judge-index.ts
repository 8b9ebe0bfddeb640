import type { IndexState } from '../../registry/indexes.sql.ts'
import type { IndexInfo } from '../../stores/store.ts'

/** What the registry has on an index that the store shows. */
export interface IndexKnowledge {
  /** Of the row with the index's name; undefined when there is none. */
  readonly row: { readonly id: number; readonly createdAtMs: number; readonly state: IndexState } | undefined
  /** The move that the index's tag names is one of this registry's. */
  readonly isOurMove: boolean
}

/**
 * `live`: in use, or on its way. `orphan`: this registry asked for it and needs it no more. `stranger`: it looks like
 * one of ours, but nothing proves it: another installation's, or made after the backup that this registry was restored
 * from. `foreign`: none of our business.
 */
export type IndexJudgement = 'live' | 'orphan' | 'stranger' | 'foreign'

/** What an index in the store is to this registry. Only what is proven to be ours by its tags is ever deleted. */
export function judgeIndex(info: IndexInfo, known: IndexKnowledge, prefix: string): IndexJudgement {
  const tagged = info.tags['tenant-router'] !== undefined || info.tags['managed-by'] === 'tenant-router'
  const ours = tagged && isAskedFor(info, known)
  if (known.row !== undefined && known.row.state !== 'deleted') return 'live'
  if (ours) return 'orphan'
  return tagged || info.name.startsWith(`${prefix}-`) ? 'stranger' : 'foreign'
}

/** The tag of a move is unguessable, and that of an onboarding names the number and the time of a row. */
function isAskedFor({ tags }: IndexInfo, { row, isOurMove }: IndexKnowledge): boolean {
  return isOurMove || (row !== undefined && tags['tenant-router-index'] === `${row.id}-${row.createdAtMs}`)
}
