import { ownFields, type RecordFields } from '../placement/record-fields.ts'
import { chunkMarkKey } from './reserved.ts'
import type { Metadata } from './store.ts'

/** Whether a record is a document's chunk: an app's own record can't have the mark. */
export function isChunk(metadata: Metadata): boolean {
  return typeof metadata[chunkMarkKey] === 'number'
}

/** The field that holds a record's text: a chunk's is the same for every tenant. */
export function textIn(
  metadata: Metadata | undefined,
  { fields }: { readonly fields: Pick<RecordFields, 'text'> },
): string | null {
  if (metadata === undefined) return null
  const field = isChunk(metadata) ? ownFields.text : fields.text
  const value = metadata[field]
  if (typeof value !== 'string') return null
  return field === llamaIndexField ? textOfNode(value) : value
}

/** A record's text; undefined: it has none that a vector could be made of. */
export function usableText(
  { metadata }: { readonly metadata?: Metadata | undefined },
  shape: { readonly fields: Pick<RecordFields, 'text'> },
): string | undefined {
  const text = textIn(metadata, shape)
  return text === null || text.trim() === '' ? undefined : text
}

const llamaIndexField = '_node_content'

/** LlamaIndex keeps a whole node as JSON, its text as `text` or, since 0.12, in `text_resource`. */
function textOfNode(json: string): string | null {
  try {
    const node: { text?: unknown; text_resource?: { text?: unknown } | null } | null = JSON.parse(json)
    const text = node?.text ?? node?.text_resource?.text
    return typeof text === 'string' ? text : null
  } catch {
    return null
  }
}
