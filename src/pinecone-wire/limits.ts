/** Pinecone's documented limits (docs: database limits, operation and identifier limits). */
export const vendorLimits = {
  dimension: 20_000,
  indexNameLength: 45,
  tags: 20,
  tagKeyLength: 80,
  tagValueLength: 120,
  idLength: 512,
  namespaceLength: 512,
  metadataBytes: 40_960,
  sparseValues: 2_048,
  upsertRecords: 1_000,
  /** Size of the decoded request: 4 bytes per dimension, as in the vendor's batch-size table. */
  upsertBytes: 2 * 1024 * 1024,
  topK: 10_000,
  resultBytes: 4 * 1024 * 1024,
  fetchIds: 1_000,
  deleteIds: 1_000,
  listPage: 100,
  fetchByMetadataPage: 10_000,
  filterValues: 10_000,
  filterDepth: 32,
} as const
