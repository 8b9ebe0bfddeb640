import type { IndexState } from '../../registry/indexes.sql.ts'
import type { IndexInfo } from '../../stores/store.ts'

/** The registry's facts about an index that the store shows. */
export interface IndexKnowledge {
  /** The row with the index's name; undefined when there is none. */
  readonly row: { readonly id: number; readonly createdAtMs: number; readonly state: IndexState } | undefined
  /** Whether the move in the index's tag belongs to this registry. */
  readonly isOurMove: boolean
}

/**
 * `live`: in use, or being made. `orphan`: this registry asked for it and needs it no more. `stranger`: it looks like
 * one of ours, but nothing proves it: another installation's, or made after the backup that this registry was restored
 * from. `foreign`: none of our business.
 */
export type IndexJudgement = 'live' | 'orphan' | 'stranger' | 'foreign'

/** Judges an index in the store. Only an index proven to be ours by its tags is ever deleted. */
export function judgeIndex(info: IndexInfo, known: IndexKnowledge, prefix: string): IndexJudgement {
  const tagged = info.tags['tenant-router'] !== undefined || info.tags['managed-by'] === 'tenant-router'
  const ours = tagged && isAskedFor(info, known)
  if (known.row !== undefined && known.row.state !== 'deleted') return 'live'
  if (ours) return 'orphan'
  return tagged || info.name.startsWith(`${prefix}-`) ? 'stranger' : 'foreign'
}

/** A move's tag is unguessable, and an onboarding's names the number and the time of a row. */
function isAskedFor({ tags }: IndexInfo, { row, isOurMove }: IndexKnowledge): boolean {
  return isOurMove || (row !== undefined && tags['tenant-router-index'] === `${row.id}-${row.createdAtMs}`)
}
