import { chunkId, isChunkId } from '../checks/record-ids.ts'
import type { RecordShape } from '../checks/record-shape.ts'

/** Ids of the chunks before and after a chunk, each in document order; undefined: it is no chunk. */
export function neighbourIds(
  id: string,
  reach: number,
  shape: Pick<RecordShape, 'isAdopted'>,
): { readonly before: readonly string[]; readonly after: readonly string[] } | undefined {
  if (!isChunkId(id, shape)) return undefined
  const at = id.lastIndexOf('#')
  const [documentId, number] = [id.slice(0, at), Number(id.slice(at + 1))]
  if (!Number.isSafeInteger(number) || number < 0) return undefined
  const ids = (from: number, to: number) =>
    Array.from({ length: Math.max(0, to - from) }, (_, step) => chunkId(documentId, from + step))
  return { before: ids(Math.max(0, number - reach), number), after: ids(number + 1, number + 1 + reach) }
}
