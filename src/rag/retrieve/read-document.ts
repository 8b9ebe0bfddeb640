import type { TenantPrincipal } from '../../auth/principal.ts'
import type { VectorStore } from '../../stores/store.ts'
import { isVisible } from '../checks/check-metadata.ts'
import { chunkIds } from '../checks/record-ids.ts'
import { chunkStem, shapeOf } from '../checks/record-shape.ts'
import { joinChunks, type PlacedChunk } from '../chunks/join-chunks.ts'
import { type DocumentDeps, type DocumentInfo, getDocument } from '../documents/get-document.ts'
import { indexMustBeThere } from '../index-gone.ts'
import { foundMatch } from './match.ts'

export interface ReadDocumentDeps extends DocumentDeps {
  readonly stores: Pick<VectorStore, 'open'>
}

export interface ReadDocumentInput {
  readonly documentId: string
  /** The first chunk to read; default 0. */
  readonly fromChunk?: number | undefined
}

export interface DocumentText extends DocumentInfo {
  /** The text of this part, joined from its chunks. */
  readonly text: string
  /** `fromChunk` of the next part; null on the last. */
  readonly nextChunk: number | null
}

/** Chunks of one part: as much as a reader, or a model, takes at once. */
const chunksAtOnce = 100

/**
 * A document's text, joined from the chunks that the caller's groups see.
 * @throws AppError `not_found`, also for a document that the caller's groups don't see; and the faults of
 *   `TenantRoutes.find` and `TenantStore`.
 */
export async function readDocument(
  deps: ReadDocumentDeps,
  principal: TenantPrincipal,
  { documentId, fromChunk = 0 }: ReadDocumentInput,
  options: { readonly signal?: AbortSignal } = {},
): Promise<DocumentText> {
  const info = await getDocument(deps, principal, { documentId })
  const end = Math.min(info.chunks, fromChunk + chunksAtOnce)
  const chunks = end <= fromChunk ? [] : await readChunks(deps, principal, { documentId, fromChunk, end }, options)
  return { ...info, text: joinChunks(chunks), nextChunk: end < info.chunks ? end : null }
}

async function readChunks(
  deps: ReadDocumentDeps,
  { tenantId, groups }: TenantPrincipal,
  { documentId, fromChunk, end }: { readonly documentId: string; readonly fromChunk: number; readonly end: number },
  options: { readonly signal?: AbortSignal },
): Promise<readonly PlacedChunk[]> {
  const route = await deps.routes.find(tenantId)
  const shape = shapeOf(route)
  const ids = chunkIds(chunkStem(shape, documentId), fromChunk, end)
  const { records } = await indexMustBeThere(deps.stores.open(route.routing.active).fetch(ids, options))
  const chunks: PlacedChunk[] = []
  for (const id of ids) {
    const metadata = records.get(id)?.metadata
    if (metadata === undefined || !isVisible(metadata, groups, shape.visibility)) continue
    const { text, position } = foundMatch({ id, score: 0, metadata }, shape)
    if (text === null || position === null) continue
    chunks.push({ text, start: position.start, end: position.end, heading: position.heading ?? null })
  }
  return chunks
}
