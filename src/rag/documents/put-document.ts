import type { TenantPrincipal } from '../../auth/principal.ts'
import type { Db } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { FaultList } from '../../fault-list.ts'
import type { TenantEmbedder, TenantEmbedders } from '../../models/embedder.ts'
import { documentIdRule } from '../../placement/document-id.ts'
import type { VectorSpace } from '../../placement/placement.ts'
import { ownFields } from '../../placement/record-fields.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { claimForWriting, type NewContent } from '../../registry/documents/document-claims.ts'
import { findDocument, storedContent } from '../../registry/documents/documents.ts'
import { claimEnds } from '../../registry/documents/end-document-claim.ts'
import { dropAppDocument } from '../../registry/inventory/app-documents.ts'
import { tenantAttributes } from '../../registry/tenant-attributes.ts'
import { hiddenStoredIds } from '../../registry/visible-to.ts'
import type { WriteOutcome } from '../../routing/write-log/write-outcome.ts'
import { textIn } from '../../stores/record-text.ts'
import type { VectorRecord } from '../../stores/store.ts'
import { checkMetadata, visibilityOf } from '../checks/check-metadata.ts'
import { chunkIds, isNewDocumentId } from '../checks/record-ids.ts'
import { chunkGroupsField, chunkStem, shapeOf } from '../checks/record-shape.ts'
import { chunkRecords } from '../chunks/chunk-records.ts'
import { type Chunking, chunksMax, ruleOf } from '../chunks/chunk-rule.ts'
import type { Chunker } from '../chunks/chunker.ts'
import type { Losses } from '../losses/loss-watch.ts'
import { withWords } from '../sparse-records.ts'
import { OtherSpace } from '../writes/fitting-place.ts'
import type { TenantWriter } from '../writes/records-writer.ts'
import { writing } from '../writes/tenant-writer.ts'
import type { WriteDeps, WriteSettings } from '../writes/write-deps.ts'
import { idTaken } from '../writes/write-sight.ts'
import { deleteAppRecords, findMadeByApp } from './app-records.ts'
import { type ClaimSettings, claimDocument, runClaimed } from './claimed-write.ts'
import { contentHash, type DocumentContent } from './content-hash.ts'
import { lacksChunks } from './lost-document.ts'

export interface PutDocumentDeps extends WriteDeps {
  readonly db: Db
  readonly embedders: TenantEmbedders
  readonly chunker: Chunker
  readonly losses?: Pick<Losses, 'suspect'>
  readonly settings: ClaimSettings & WriteSettings
}

export interface PutDocumentInput {
  readonly documentId: string
  readonly text: string
  readonly source?: string | undefined
  readonly metadata?: unknown
  /** How to split it; absent fields are the tenant's or our default. */
  readonly chunking?: Chunking | undefined
  /** Offset in `text` of each page, from page 1: each chunk then knows the page of its start. */
  readonly pageStarts?: readonly number[] | undefined
}

export interface PutDocumentOptions {
  readonly signal?: AbortSignal
  /** The writer's groups, where they limit what may be overwritten; undefined: all of the tenant's documents. */
  readonly groups?: readonly string[] | undefined
}

export interface PutDocumentAnswer {
  readonly documentId: string
  readonly chunks: number
  readonly status: 'created' | 'updated' | 'unchanged'
  readonly usage: { readonly embeddingTokens: number }
}

/** A chunk's record also carries its text, heading and source: together below the store's 40 KB. */
export const documentMetadataBytesMax = 24_576
export const sourceMax = 2_048
/** Records of one call: the claim is checked between two calls. */
const sliceSize = 500

/**
 * Stores a document: splits, embeds and writes it, and records it in the inventory. A repeat with equal content writes
 * nothing, unless the store has lost a chunk; a document that an adopted tenant's app made is taken over: its records are
 * deleted once ours are there; changed content leaves no chunk of the old one. It may fail at any point
 * and be repeated.
 *
 * @throws AppError `conflict` where the id belongs to a document that the groups don't see; `invalid_request`,
 *   `payload_too_large`, `embedding_unavailable`; `document_busy` while another write to it is under way or in doubt;
 *   `outcome_unknown` when it is stored in part or the outcome is unknown: a repeat of the call repairs that; and the
 *   faults of `TenantRoutes` and `TenantStore`.
 */
export async function putDocument(
  deps: PutDocumentDeps,
  { tenantId }: Pick<TenantPrincipal, 'tenantId'>,
  input: PutDocumentInput,
  options: PutDocumentOptions = {},
): Promise<PutDocumentAnswer> {
  const { documentId } = input
  const route = await deps.routes.find(tenantId)
  const { routing } = route
  const { vectors: space } = routing.active
  const shape = shapeOf(route)
  const stem = chunkStem(shape, documentId)
  const embedder = deps.embedders.of(space)
  const content = checkInput(embedder, input, await tenantAttributes(deps.db, tenantId))
  const { groups } = options
  if ((await hiddenStoredIds(deps.db, tenantId, [documentId], groups)).size > 0) throw idTaken('documentId')
  const madeByApp = (seenBy?: readonly string[]) => findMadeByApp(deps.db, route, [documentId], seenBy)
  const isTakeover = (await madeByApp()).size > 0
  if (isTakeover && (await madeByApp(groups)).size === 0) throw idTaken('documentId')
  const hash = contentHash(content, embedder.model)
  const { storeVisibleMs } = deps.settings
  const stored = await storedContent(deps.db, tenantId, { documentId, contentHash: hash, storeVisibleMs })
  const lost = stored !== undefined && (await lacksChunks(deps.stores.open(routing.active), stem, stored))
  if (stored !== undefined && !lost && !isTakeover) return unchanged(documentId, stored.chunkCount, 0)
  // Where one is lost, others may be.
  if (lost && !stored.isLost) deps.losses?.suspect(tenantId)

  // All that is slow comes before the claim and the permit, so that neither another write nor a move waits for it.
  const chunks = await deps.chunker.chunk(content.text, content.rule)
  if (chunks.length > chunksMax) {
    throw new AppError(
      'payload_too_large',
      `The text gives more than ${chunksMax} chunks. Send it in several documents.`,
    )
  }
  const texts = chunks.map(({ text }) => text)
  const { signal } = options
  const { vectors, tokens } = await embedder.embed(texts, { tenantId, ...(signal && { signal }) })
  options.signal?.throwIfAborted()
  const records = chunkRecords({ documentId, stem, groupsField: chunkGroupsField(shape) }, content, chunks, vectors)
  const row: NewContent = {
    contentHash: hash,
    source: content.source,
    metadata: content.metadata as NewContent['metadata'],
    visibility: visibilityOf(content.metadata)?.slice() ?? null,
    chunkCount: records.length,
  }

  return writing(
    deps,
    tenantId,
    async (writer) => {
      const claimed = await claimDocument(deps, (how) =>
        claimForWriting(deps.db, tenantId, documentId, row, { ...how, groups, isLost: lost || isTakeover }),
      )
      if (claimed.kind !== 'claimed') {
        return unchanged(documentId, claimed.kind === 'unchanged' ? claimed.chunkCount : records.length, tokens)
      }
      const { claim } = claimed
      const slices = Array.from({ length: Math.ceil(records.length / sliceSize) }, (_, at) =>
        records.slice(at * sliceSize, (at + 1) * sliceSize),
      )
      const leftovers = chunkIds(stem, records.length, claim.ceiling)
      const puts = slices.map((slice) => () => putChunks(deps, tenantId, writer, slice, space))
      const deletes = leftovers.length > 0 ? [() => writer.deleteIds(leftovers)] : []
      const takeovers = isTakeover ? [() => deleteAppRecords(deps, tenantId, documentId, groups)] : []
      await runClaimed(deps, claim, [...puts, ...deletes, ...takeovers], async (doubtMs) => {
        if (isTakeover) await dropAppDocument(deps.db, tenantId, documentId)
        if (await claimEnds(deps.db).stored(claim, records.length, doubtMs)) return
        // Taken over. By the same content: then the store holds it all the same, and the other one ends the claim.
        const now = await findDocument(deps.db, tenantId, documentId)
        if (now?.contentHash !== hash)
          throw new AppError('outcome_unknown', 'A later write to this document took over.')
      })
      const status = claim.previous === undefined && !isTakeover ? 'created' : 'updated'
      return { documentId, chunks: records.length, status, usage: { embeddingTokens: tokens } }
    },
    { isClaimed: true },
  )
}

/**
 * Puts chunks into the tenant's place. Where that has got another model since they were embedded, they are embedded
 * anew by its own: a document may cross the switch of a move that transforms.
 */
async function putChunks(
  { embedders }: Pick<PutDocumentDeps, 'embedders'>,
  tenantId: TenantId,
  writer: TenantWriter,
  chunks: readonly VectorRecord[],
  made: VectorSpace,
): Promise<WriteOutcome> {
  const outcome = await writer.upsert(withWords(made, chunks), made)
  if (!(outcome.fault instanceof OtherSpace)) return outcome
  const { space } = outcome.fault
  const texts = chunks.map(({ metadata }) => textIn(metadata, { fields: ownFields }) ?? '')
  const { vectors } = await embedders.of(space).embed(texts, { tenantId })
  const anew = chunks.map(({ sparseValues: _, ...chunk }, at) => ({ ...chunk, values: vectors[at] ?? [] }))
  return putChunks({ embedders }, tenantId, writer, anew, space)
}

function unchanged(documentId: string, chunks: number, embeddingTokens: number): PutDocumentAnswer {
  return { documentId, chunks, status: 'unchanged', usage: { embeddingTokens } }
}

function checkInput(
  embedder: Pick<TenantEmbedder, 'maxTokens'>,
  { documentId, text, source, metadata, chunking = {}, pageStarts = [] }: PutDocumentInput,
  attributes: Readonly<Record<string, unknown>>,
): DocumentContent {
  const faults = new FaultList()
  if (!isNewDocumentId(documentId)) faults.add('documentId', `must be ${documentIdRule}`)
  if (text.trim() === '') faults.add('text', 'must not be blank')
  if (source !== undefined && source.length > sourceMax) faults.add('source', `must be at most ${sourceMax} characters`)
  const metadataRule = { of: 'document', bytesMax: documentMetadataBytesMax } as const
  const checked = checkMetadata(metadata, 'metadata', metadataRule, faults)
  const rule = ruleOf(chunking, attributes, embedder, faults)
  faults.check()
  return { text, source: source ?? null, metadata: checked, pageStarts, rule }
}
