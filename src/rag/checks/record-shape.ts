import type { TenantRoute } from '../../placement/phase.ts'
import { ownFields, type RecordFields } from '../../placement/record-fields.ts'
import { isChunk } from '../../stores/record-text.ts'
import { adoptedChunkPrefix, chunkGroupsKey } from '../../stores/reserved.ts'
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

/** The document that a record belongs to, as its matches name it. */
export function documentIn(metadata: Metadata | undefined, { fields }: Pick<RecordShape, 'fields'>): string | null {
  const value = metadata?.[metadata && isChunk(metadata) ? ownFields.documentId : fields.documentId]
  return typeof value === 'string' ? value : null
}
