import type { TenantPrincipal } from '../auth/principal.ts'
import type { Db } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import type { TenantEmbedders } from '../models/embedder.ts'
import { type DocumentInfo, documentInfo } from '../rag/documents/get-document.ts'
import { idTaken, writeGroups } from '../rag/writes/write-sight.ts'
import { enqueueUploads, type NewUpload, type QueueBounds } from '../registry/uploads/enqueue-uploads.ts'
import type { TenantRoutes } from '../routing/lease/tenant-routes.ts'
import type { Tracer } from '../tracing/tracer.ts'
import { checkUpload, type UploadInput } from './check-upload.ts'

export interface AcceptUploadsDeps {
  readonly db: Db
  readonly routes: Pick<TenantRoutes, 'find' | 'catchUp'>
  readonly embedders: TenantEmbedders
  readonly queueBounds: QueueBounds
  /** Absent: the work on uploads is not traced. */
  readonly tracer?: Tracer | undefined
}

export type Accepted =
  | { readonly kind: 'accepted'; readonly document: DocumentInfo }
  | { readonly kind: 'refused'; readonly error: AppError }

/**
 * Queues documents to be read, embedded and stored in the background; once answered, they survive a crash. A repeat of
 * an upload in progress changes nothing.
 *
 * @returns one result per input, in order. Refused: AppError `invalid_request`; `conflict` where the id belongs to
 *   something that the caller's groups don't see; or `quota_exceeded` when the tenant's queue is full.
 * @throws AppError those of `TenantRoutes.find`
 */
export async function acceptUploads(
  deps: AcceptUploadsDeps,
  principal: TenantPrincipal,
  inputs: readonly UploadInput[],
): Promise<readonly Accepted[]> {
  const { tenantId } = principal
  const { routing } = await deps.routes.find(tenantId)
  const embedder = deps.embedders.of(routing.active.vectors)
  const names = new Set<string>()
  const traceparent = deps.tracer?.headers().traceparent
  const checked = inputs.map((input): NewUpload | AppError => {
    try {
      const upload = { ...checkUpload(tenantId, input, embedder), traceparent }
      if (input.documentId !== undefined && names.has(input.documentId)) throw twice()
      names.add(upload.documentId)
      return upload
    } catch (error) {
      if (error instanceof AppError) return error
      throw error
    }
  })
  const good = checked.filter((one): one is NewUpload => !(one instanceof AppError))
  const { generation } = routing.active
  const enqueued =
    good.length === 0
      ? []
      : await enqueueUploads(deps.db, tenantId, generation, good, deps.queueBounds, writeGroups(principal))
  if (enqueued === undefined) {
    // This replica remembers an old state of the tenant.
    await deps.routes.catchUp()
    await deps.routes.find(tenantId)
    throw new AppError('tenant_not_ready', 'The tenant has just changed. Try again.', { retryAfterS: 1 })
  }
  const results = enqueued.values()
  return checked.map((one): Accepted => {
    if (one instanceof AppError) return { kind: 'refused', error: one }
    const result = results.next().value
    if (result?.kind === 'hidden') return { kind: 'refused', error: idTaken('documentId') }
    const document = result?.kind === 'queued' ? documentInfo(undefined, result.upload) : undefined
    return document === undefined ? { kind: 'refused', error: full(deps.queueBounds) } : { kind: 'accepted', document }
  })
}

function twice(): AppError {
  const message = 'appears twice in this batch'
  return new AppError('invalid_request', `documentId: ${message}`, { faults: [{ path: 'documentId', message }] })
}

function full({ bytesMax, uploadsMax }: QueueBounds): AppError {
  const mb = Math.round(bytesMax / 1024 / 1024)
  const words = `The tenant's ingestion queue is full: it holds up to ${mb} MB or ${uploadsMax} documents. Try again later.`
  return new AppError('quota_exceeded', words, { retryAfterS: 10 })
}
