/** The metadata fields of a tenant's records that say something to searches and answers. */
export interface RecordFields {
  /** The text; `_node_content` is LlamaIndex's JSON, which has it inside. */
  readonly text: string
  readonly source: string
  readonly documentId: string
  /** A list of groups, which limits who in the tenant sees the record. */
  readonly visibility: string
}

/** The fields of records made here, and of others where nothing else is declared. */
export const ownFields: RecordFields = {
  text: 'text',
  source: 'source',
  documentId: 'documentId',
  visibility: 'visibility',
}
