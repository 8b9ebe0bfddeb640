/** The rows of the settings table for limits of time, with their defaults. */
export const patienceTable = [
  {
    name: 'SHED_LOOP_DELAY_MS',
    default: '500',
    meaning: 'delay of the event loop above which a replica refuses new requests of tenants (503); 0: never',
  },
  { name: 'STORE_READ_TIMEOUT_S', default: '10', meaning: 'limit of one attempt of a read of the store' },
  {
    name: 'STORE_WRITE_TIMEOUT_S',
    default: '20',
    meaning: 'limit of one attempt of a write, up to 24; without an answer by then it is `outcome_unknown`',
  },
  { name: 'EMBEDDING_TIMEOUT_S', default: '30', meaning: 'limit of one attempt at the embedding model' },
  { name: 'RERANK_TIMEOUT_S', default: '5', meaning: 'limit of one attempt at the reranker' },
  { name: 'ANSWER_TIMEOUT_S', default: '60', meaning: 'longest silence of the answer model' },
] as const
