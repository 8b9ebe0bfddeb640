import { Document } from '@langchain/core/documents'
import { BaseRetriever, type BaseRetrieverInput } from '@langchain/core/retrievers'
import type { TenantRouterClient } from '../typescript/client.ts'
import { type SearchSettings, search } from '../typescript/search.ts'

export interface TenantRouterRetrieverInput extends BaseRetrieverInput, SearchSettings {
  readonly client: TenantRouterClient
}

/** LangChain's retriever over the tenant of the client's token: it has no way to name another. */
export class TenantRouterRetriever extends BaseRetriever {
  static override lc_name() {
    return 'TenantRouterRetriever'
  }
  override lc_namespace = ['tenant-router', 'retrievers']
  readonly #client: TenantRouterClient
  readonly #settings: SearchSettings

  constructor({ client, topK, filter, minScore, mode, rerank, ...input }: TenantRouterRetrieverInput) {
    super(input)
    this.#client = client
    this.#settings = {
      ...(topK !== undefined && { topK }),
      ...(filter !== undefined && { filter }),
      ...(minScore !== undefined && { minScore }),
      ...(mode !== undefined && { mode }),
      ...(rerank !== undefined && { rerank }),
    }
  }

  /**
   * The metadata of a document is the record's own, and `source`, `documentId`, `page`, `heading` and `score`: where the
   * passage comes from, to cite it. A page or heading that is not known is left out.
   */
  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    const passages = await search(this.#client, query, this.#settings)
    return passages.map(
      ({ id, text, metadata, source, documentId, page, heading, score }) =>
        new Document({
          id,
          pageContent: text,
          metadata: {
            ...metadata,
            source,
            documentId,
            ...(page !== null && { page }),
            ...(heading !== null && { heading }),
            score,
          },
        }),
    )
  }
}
