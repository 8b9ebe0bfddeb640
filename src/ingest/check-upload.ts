import { createHash } from 'node:crypto'
import { canonicalJson } from '../canonical-json.ts'
import { FaultList } from '../fault-list.ts'
import { documentIdRule } from '../placement/document-id.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { checkMetadata, visibilityOf } from '../rag/checks/check-metadata.ts'
import { isNewDocumentId } from '../rag/checks/record-ids.ts'
import { type Chunking, ruleOf } from '../rag/chunks/chunk-rule.ts'
import { documentMetadataBytesMax, sourceMax } from '../rag/documents/put-document.ts'
import type { NewUpload } from '../registry/uploads/enqueue-uploads.ts'

export interface UploadInput {
  /** Default: derived from everything sent, so that a repeat is the same document. */
  readonly documentId?: string | undefined
  /** Text needs no extraction; bytes are a file of any kind. */
  readonly content: string | Uint8Array
  readonly name?: string | undefined
  readonly contentType?: string | undefined
  /** Default: the name. */
  readonly source?: string | undefined
  readonly metadata?: unknown
  readonly chunking?: Chunking | undefined
}

const nameMax = 1_024

/**
 * Checks everything about an upload that needs no extraction.
 * @param model its `maxTokens` bounds the requested chunks.
 * @throws AppError `invalid_request`
 */
export function checkUpload(tenantId: TenantId, input: UploadInput, model: { readonly maxTokens?: number }): NewUpload {
  const { content, name, contentType, chunking } = input
  const source = input.source ?? name
  const faults = new FaultList()
  if (input.documentId !== undefined && !isNewDocumentId(input.documentId)) {
    faults.add('documentId', `must be ${documentIdRule}`)
  }
  if (typeof content === 'string' ? content.trim() === '' : content.byteLength === 0) {
    faults.add(typeof content === 'string' ? 'text' : 'file', 'is empty')
  }
  for (const [field, value, most] of [
    ['name', name, nameMax],
    ['contentType', contentType, nameMax],
    ['source', input.source, sourceMax],
  ] as const) {
    if (value !== undefined && value.length > most) faults.add(field, `must be at most ${most} characters`)
  }
  const rule = { of: 'document', bytesMax: documentMetadataBytesMax } as const
  const metadata = checkMetadata(input.metadata, 'metadata', rule, faults)
  ruleOf(chunking ?? {}, {}, model, faults)
  faults.check()
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const kind = typeof content === 'string' ? 'text' : 'file'
  const said = canonicalJson([
    tenantId,
    kind,
    name ?? null,
    contentType ?? null,
    source ?? null,
    metadata,
    chunking ?? {},
  ])
  const contentHash = createHash('sha256').update(said).update('\n').update(bytes).digest('hex')
  return {
    documentId: input.documentId ?? `doc-${contentHash.slice(0, 32)}`,
    contentHash,
    kind,
    bytes,
    name: name ?? null,
    contentType: contentType ?? null,
    source: source ?? null,
    metadata: metadata as NewUpload['metadata'],
    visibility: visibilityOf(metadata)?.slice() ?? null,
    chunking: chunking === undefined ? null : { ...chunking },
  }
}
