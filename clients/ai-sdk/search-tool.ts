import { type Tool, tool } from 'ai'
import { z } from 'zod'
import type { TenantRouterClient } from '../typescript/client.ts'
import { type Passage, type SearchSettings, search } from '../typescript/search.ts'

/** A tool of the AI SDK over the tenant of the client's token. The model chooses the words and nothing else. */
export function searchTool(
  client: TenantRouterClient,
  settings: SearchSettings = {},
): Tool<{ query: string }, readonly Passage[]> {
  return tool({
    description: 'Search the company’s documents. Gives passages with the source to cite, the best first.',
    inputSchema: z.object({ query: z.string().min(1).max(8_000).describe('A question, or words to look for.') }),
    execute: ({ query }, { abortSignal }): Promise<readonly Passage[]> => search(client, query, settings, abortSignal),
  })
}
