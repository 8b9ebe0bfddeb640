import { z } from 'zod'
import type { TenantRouterClient } from '../typescript/client.ts'
import { type Passage, type SearchSettings, search } from '../typescript/search.ts'

/**
 * The argument of Mastra's `createTool` (mastra.ai, reference of `createTool`), over the tenant of the client's token:
 * `createTool(searchTool(client))`. It uses types of our own, because `@mastra/core` brings 150 packages along.
 */
export function searchTool(client: TenantRouterClient, settings: SearchSettings = {}) {
  return {
    id: 'search-documents',
    description: 'Search the company’s documents. Gives passages with the source to cite, the best first.',
    inputSchema: z.object({ query: z.string().min(1).max(8_000).describe('A question, or words to look for.') }),
    execute: async ({ query }: { query: string }, context?: object): Promise<{ passages: readonly Passage[] }> => {
      const signal = context !== undefined && 'abortSignal' in context ? context.abortSignal : undefined
      const passages = await search(client, query, settings, signal instanceof AbortSignal ? signal : undefined)
      return { passages }
    },
  }
}
