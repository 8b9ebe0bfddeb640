import type { TenantId } from '../placement/tenant-id.ts'

/** What a file was found to be, by its content. */
export type FileKind = 'pdf' | 'docx' | 'xlsx' | 'pptx' | 'odt' | 'epub' | 'html' | 'mail' | 'csv' | 'markdown' | 'text'

export interface FileInput {
  readonly bytes: Uint8Array
  /** What the sender says of it; only tells apart what the content can't (Markdown and plain text). */
  readonly name?: string | undefined
  readonly contentType?: string | undefined
}

export interface ExtractOptions {
  readonly signal?: AbortSignal
  /** Whose file it is; undefined: nobody's, which takes its turn as it comes. */
  readonly tenantId?: TenantId
}

/** A file's text as Markdown: headings, lists and tables are kept, all else is prose. */
export interface ExtractedText {
  readonly kind: FileKind
  readonly text: string
  readonly title: string | null
  /** Where in `text` each page begins, from page 1, in UTF-16 units; empty for what has no pages. */
  readonly pageStarts: readonly number[]
}

/** Reads files in processes of their own, with caps on memory and time: see `extract/start-extractor.ts`. */
export interface Extractor extends AsyncDisposable {
  /**
   * @throws AppError `unreadable_document`: encrypted, broken, of an unknown kind, without text, or over a cap; its
   *   message says which, and what to do. The service is unharmed. `service_busy`: the file was not judged, since no
   *   reader came up or it was ended from outside. `shutting_down`. The signal's reason when it ends the call.
   */
  extract(file: FileInput, options?: ExtractOptions): Promise<ExtractedText>
}
