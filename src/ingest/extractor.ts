import type { TenantId } from '../placement/tenant-id.ts'

/** A file's kind, detected from its content. */
export type FileKind = 'pdf' | 'docx' | 'xlsx' | 'pptx' | 'odt' | 'epub' | 'html' | 'mail' | 'csv' | 'markdown' | 'text'

export interface FileInput {
  readonly bytes: Uint8Array
  /** The sender's description, used only where the content is ambiguous (Markdown and plain text). */
  readonly name?: string | undefined
  readonly contentType?: string | undefined
}

export interface ExtractOptions {
  readonly signal?: AbortSignal
  /** The file's tenant, for fair turns; undefined: in order of arrival. */
  readonly tenantId?: TenantId
}

/** A file's text as Markdown: headings, lists and tables are preserved, the rest becomes prose. */
export interface ExtractedText {
  readonly kind: FileKind
  readonly text: string
  readonly title: string | null
  /** Offset in `text` of each page, from page 1, in UTF-16 units; empty for files without pages. */
  readonly pageStarts: readonly number[]
}

/** Reads files in separate processes with caps on memory and time: see `extract/start-extractor.ts`. */
export interface Extractor extends AsyncDisposable {
  /**
   * @throws AppError `unreadable_document`: encrypted, broken, of an unknown kind, without text, or over a cap; its
   *   message says which, and what to do. The service is unharmed. `service_busy`: the file was not judged, since no
   *   reader came up or it was killed from outside. `shutting_down`. The signal's reason when it ends the call.
   */
  extract(file: FileInput, options?: ExtractOptions): Promise<ExtractedText>
}
