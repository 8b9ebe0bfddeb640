import type { TenantRoute } from '../../placement/phase.ts'
import { ownFields, type RecordFields } from '../../placement/record-fields.ts'
import { adoptedChunkPrefix, chunkGroupsKey, chunkMarkKey } from '../../stores/reserved.ts'
import type { Metadata } from '../../stores/store.ts'

/** How a tenant's records are named and laid out. */
export interface RecordShape {
  readonly fields: RecordFields
  /** Whether its app had records before: ids with `#` may be its own, so documents' chunks have a reserved prefix. */
  readonly isAdopted: boolean
  /** The fields of groups: a record is seen by those whom each of them that it has lets see it. */
  readonly visibility: readonly string[]
}

const ownShape: RecordShape = { fields: ownFields, isAdopted: false, visibility: [ownFields.visibility] }

export function shapeOf({ adopted }: Pick<TenantRoute, 'adopted'>): RecordShape {
  if (adopted === undefined) return ownShape
  const { fields } = adopted
  return { fields, isAdopted: true, visibility: [fields.visibility, chunkGroupsKey] }
}

/** The field of a chunk that lists its document's groups: where staff declare the app's own, one out of their reach. */
export function chunkGroupsField({ isAdopted }: Pick<RecordShape, 'isAdopted'>): string {
  return isAdopted ? chunkGroupsKey : ownFields.visibility
}

/** The beginning of the ids of a document's chunks, before `#` and the number. */
export function chunkStem({ isAdopted }: Pick<RecordShape, 'isAdopted'>, documentId: string): string {
  return isAdopted ? `${adoptedChunkPrefix}${documentId}` : documentId
}

/** Whether a record is a document's chunk: an app's own record can't have the mark. */
export function isChunk(metadata: Metadata): boolean {
  return typeof metadata[chunkMarkKey] === 'number'
}

/** The field that holds a record's text: a chunk's is the same for every tenant. */
export function textIn(metadata: Metadata | undefined, { fields }: Pick<RecordShape, 'fields'>): string | null {
  if (metadata === undefined) return null
  const field = isChunk(metadata) ? ownFields.text : fields.text
  const value = metadata[field]
  if (typeof value !== 'string') return null
  return field === llamaIndexField ? textOfNode(value) : value
}

/** The document that a record belongs to, as its matches name it. */
export function documentIn(metadata: Metadata | undefined, { fields }: Pick<RecordShape, 'fields'>): string | null {
  const value = metadata?.[metadata && isChunk(metadata) ? ownFields.documentId : fields.documentId]
  return typeof value === 'string' ? value : null
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
