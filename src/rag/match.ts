import type { Metadata, QueryMatch } from '../stores/store.ts'
import { isReserved } from './check-metadata.ts'
import { isChunkId } from './record-ids.ts'

export interface Match {
  readonly id: string
  /** Cosine similarity, from -1 to 1. */
  readonly score: number
  readonly text: string | null
  readonly documentId: string | null
  readonly source: string | null
  /** The document's or record's own; what stands beside it in this answer is left out. */
  readonly metadata: Metadata
  readonly values?: readonly number[]
}

/** A match in the words of our answers. Of an app's own record only what is text is lifted out of its metadata. */
export function foundMatch({ id, score, values, metadata = {} }: QueryMatch): Match {
  const own: Record<string, Metadata[string]> = {}
  const lifted = { text: null, documentId: null, source: null } as Record<
    'text' | 'documentId' | 'source',
    string | null
  >
  const chunk = isChunkId(id)
  for (const [key, value] of Object.entries(metadata)) {
    if (isReserved(key) || (chunk && key === 'chunk')) continue
    if ((key === 'text' || key === 'documentId' || key === 'source') && typeof value === 'string') lifted[key] = value
    else own[key] = value
  }
  return { id, score, ...lifted, metadata: own, ...(values !== undefined && { values }) }
}
