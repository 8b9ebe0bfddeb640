import { isChunk, textIn } from '../../stores/record-text.ts'
import { isReserved } from '../../stores/reserved.ts'
import type { Metadata, QueryMatch } from '../../stores/store.ts'
import type { RecordShape } from '../checks/record-shape.ts'
import { type Position, positionOf } from '../chunks/chunk-records.ts'
import type { Scores } from '../stages/candidate.ts'

export interface Match {
  readonly id: string
  /**
   * Similarity: the cosine, or with `INDEX_METRIC=dotproduct` the product of the vectors. With stages, the score of the
   * last one: see `SearchNote.score`.
   */
  readonly score: number
  /** Present when it got several scores. */
  readonly scores?: Scores
  readonly text: string | null
  readonly documentId: string | null
  readonly source: string | null
  /** Its position in its document; null for an app's own record. */
  readonly position: Position | null
  /** The document's or record's own metadata, without the fields shown separately. */
  readonly metadata: Metadata
  readonly values?: readonly number[]
  readonly neighbours?: Neighbours
}

/** Chunks around a match, each side in document order. */
export interface Neighbours {
  readonly before: readonly Neighbour[]
  readonly after: readonly Neighbour[]
}

/** A chunk beside a match. It has no score, since it was not searched for; the document's fields are in the match. */
export type Neighbour = Omit<Match, 'score' | 'scores' | 'values' | 'neighbours' | 'source' | 'documentId' | 'metadata'>

/**
 * A match in the form of our answers. Of an app's own record, only text fields are lifted out of its metadata; what an
 * adopted tenant's app calls otherwise stays there under its own name, but for the text.
 */
export function foundMatch({ id, score, values, metadata = {} }: QueryMatch, shape: RecordShape): Match {
  if (shape.isAdopted && !isChunk(metadata)) return appMatch({ id, score, metadata, ...(values && { values }) }, shape)
  const own: Record<string, Metadata[string]> = {}
  const lifted = { text: null, documentId: null, source: null } as Record<
    'text' | 'documentId' | 'source',
    string | null
  >
  const chunk = isChunk(metadata)
  for (const [key, value] of Object.entries(metadata)) {
    if (isReserved(key) || (chunk && key === 'chunk')) continue
    if ((key === 'text' || key === 'documentId' || key === 'source') && typeof value === 'string') lifted[key] = value
    else own[key] = value
  }
  const position = chunk ? positionOf(metadata) : null
  return { id, score, ...lifted, position, metadata: own, ...(values !== undefined && { values }) }
}

function appMatch({ id, score, values, metadata = {} }: QueryMatch, shape: RecordShape): Match {
  const { fields } = shape
  const word = (value: Metadata[string] | undefined) => (typeof value === 'string' ? value : null)
  const text = textIn(metadata, shape)
  const own = Object.entries(metadata).filter(([key]) => !isReserved(key) && (text === null || key !== fields.text))
  return {
    id,
    score,
    text,
    documentId: word(metadata[fields.documentId]),
    source: word(metadata[fields.source]),
    position: null,
    metadata: Object.fromEntries(own),
    ...(values !== undefined && { values }),
  }
}
