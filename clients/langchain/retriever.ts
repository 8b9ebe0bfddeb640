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

  /** The score and where the passage comes from stand in the metadata, as LangChain's own retrievers have them. */
  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    const passages = await search(this.#client, query, this.#settings)
    return passages.map(
      ({ id, text, metadata, source, documentId, score }) =>
        new Document({ id, pageContent: text, metadata: { ...metadata, source, documentId, score } }),
    )
  }
}
