import { AppError } from '../errors.ts'
import { type PutDocumentDeps, putDocument } from '../rag/documents/put-document.ts'
import { type ClaimedUpload, type UploadClaimEnds, uploadClaimEnds } from '../registry/uploads/upload-claims.ts'
import type { TenantRoutes } from '../routing/lease/tenant-routes.ts'
import { type Tracer, traced } from '../tracing/tracer.ts'
import type { Extractor } from './extractor.ts'

export interface ProcessUploadDeps extends PutDocumentDeps {
  readonly extractor: Pick<Extractor, 'extract'>
  /** Absent: the work on uploads is not traced. */
  readonly tracer?: Tracer | undefined
}

/** The upload was withdrawn, replaced, or taken over: this worker must not touch it any more. */
class LostUpload extends Error {
  override readonly name = 'LostUpload'
}

/**
 * Reads, splits, embeds and stores one claimed upload, and reports its progress. Its span is a child of the span of the
 * request that sent it. What its sender may replace is checked on acceptance, and again here: the document may have
 * become hidden in between.
 *
 * @throws LostUpload, AppError `unreadable_document`, and those of `putDocument`.
 */
export async function processUpload(deps: ProcessUploadDeps, job: ClaimedUpload, signal: AbortSignal): Promise<void> {
  const { tracer } = deps
  if (tracer === undefined) return process(deps, job, signal)
  const fields = {
    'messaging.system': 'postgresql',
    'messaging.destination.name': 'uploads',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'tenant_router.tenant_id': job.tenantId,
    'tenant_router.attempt': job.attempts,
  }
  const from = { get: (name: string) => (name === 'traceparent' ? job.traceparent : undefined) }
  await traced(tracer.serve('consumer', 'process uploads', fields, from), () => process(deps, job, signal))
}

async function process(deps: ProcessUploadDeps, job: ClaimedUpload, signal: AbortSignal): Promise<void> {
  const ends = uploadClaimEnds(deps.db)
  // A tenant that may not be served now is not worked for.
  await deps.routes.find(job.tenantId)
  const read = job.kind === 'text' ? { text: utf8.decode(job.bytes) } : await extract(deps, job, signal)
  if (!(await ends.reach(job, 'embedding'))) throw new LostUpload()
  await putDocument(
    { ...deps, routes: routesOf(job, deps.routes, ends) },
    { tenantId: job.tenantId },
    {
      ...read,
      documentId: job.documentId,
      ...(job.source !== null && { source: job.source }),
      metadata: job.metadata,
      ...(job.chunking !== null && { chunking: job.chunking }),
    },
    { signal, groups: job.writerGroups ?? undefined },
  )
}

const utf8 = new TextDecoder()

async function extract({ extractor }: ProcessUploadDeps, job: ClaimedUpload, signal: AbortSignal) {
  const { bytes, name, contentType } = job
  const file = { bytes, name: name ?? undefined, contentType: contentType ?? undefined }
  const { text, pageStarts } = await extractor.extract(file, { signal, tenantId: job.tenantId })
  if (text.trim() === '') throw new AppError('unreadable_document', 'There is no text in the file.')
  return { text, pageStarts }
}

/**
 * Routes whose writes begin only while the upload is still claimed. The claim is checked with the permit in hand: a
 * tenant's uploads are dropped before its id is reused, and its end waits for every permit. So a late worker can write
 * neither into the next life of a tenant nor over a document that was deleted or sent again.
 */
function routesOf(job: ClaimedUpload, routes: TenantRoutes, ends: UploadClaimEnds): TenantRoutes {
  return {
    find: (tenantId) => routes.find(tenantId),
    catchUp: () => routes.catchUp(),
    async beginWrite(tenantId) {
      const permit = await routes.beginWrite(tenantId)
      let isOurs = false
      try {
        isOurs = await ends.reach(job, 'storing')
      } finally {
        if (!isOurs) permit.end('settled')
      }
      if (!isOurs) throw taken()
      return permit
    },
  }
}

/** An AppError, since it passes through a write that would take anything else for a doubt. */
function taken(): AppError {
  return new AppError('conflict', 'The upload was withdrawn or replaced.', { cause: new LostUpload() })
}

/** Whether the work ended because the claim is lost. */
export function isLost(error: unknown): boolean {
  for (let fault = error; fault instanceof Error; fault = fault.cause) if (fault instanceof LostUpload) return true
  return false
}
