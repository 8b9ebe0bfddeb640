import { type CallToolResult, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { TenantPrincipal } from '../../auth/principal.ts'
import { queryMax, type RetrieveInput } from '../../rag/retrieve/question.ts'
import { type ReadDocumentDeps, readDocument } from '../../rag/retrieve/read-document.ts'
import { type RetrieveDeps, retrieve } from '../../rag/retrieve/retrieve.ts'
import type { RetrieveAnswer } from '../../rag/retrieve/search-tenant.ts'
import { version } from '../../version.ts'
import { problemOf, toAppError } from '../pipeline/problem.ts'
import type { Call } from '../pipeline/route.ts'
import { filter, metadata, type readScope } from './fields.ts'
import type { LostHeaderDeps } from './lost-header.ts'
import { position } from './retrieve-fields.ts'

export type McpToolDeps = RetrieveDeps & ReadDocumentDeps & LostHeaderDeps
export type ToolCall = Pick<
  Call<typeof readScope, unknown, unknown, unknown>,
  'principal' | 'signal' | 'requestId' | 'log'
>

const found = z.object({
  matches: z.array(
    z.object({
      id: z.string(),
      score: z.number(),
      text: z.string().nullable(),
      documentId: z.string().nullable().describe('For `get_document`.'),
      source: z.string().nullable(),
      position,
      metadata,
    }),
  ),
  lostDocuments: z
    .int()
    .optional()
    .describe('Documents of which the store has lost text, where there are any: something may be missing above.'),
})

const document = z.object({
  documentId: z.string(),
  source: z.string().nullable(),
  metadata,
  chunks: z.int(),
  text: z.string(),
  nextChunk: z.int().nullable().describe('`fromChunk` for the next part of a long text; null: this was the last.'),
})

/** One caller's tools: they are built with its principal and take no tenant. */
export function mcpTools(deps: McpToolDeps, call: ToolCall): McpServer {
  const server = new McpServer({ name: 'tenant-router', version }, { capabilities: { tools: { listChanged: false } } })
  const annotations = { readOnlyHint: true, openWorldHint: false }
  server.registerTool(
    'search',
    {
      title: 'Search the documents',
      description: 'Finds the passages of the company’s documents that are nearest to a question, the best first.',
      inputSchema: z.object({
        query: z.string().min(1).max(queryMax).describe('A question, or words to look for.'),
        topK: z.int().min(1).max(50).default(5).describe('How many passages at most.'),
        filter: filter.optional(),
        minScore: z.number().optional().describe('Leaves out passages with a lower score.'),
        mode: z
          .enum(['dense', 'hybrid'])
          .default('dense')
          .describe('`hybrid` also looks for the words themselves: for names, numbers and codes.'),
      }),
      outputSchema: found,
      annotations,
    },
    (input) => answered(call, () => search(deps, call.principal, input)),
  )
  server.registerTool(
    'get_document',
    {
      title: 'Read a document',
      description: 'The source, metadata and text of a document that `search` named. A long text comes in parts.',
      inputSchema: z.object({
        documentId: z.string().min(1).describe('As in a match of `search`.'),
        fromChunk: z.int().min(0).default(0).describe('`nextChunk` of the part before.'),
      }),
      outputSchema: document,
      annotations,
    },
    (input) =>
      answered(call, async () => {
        const read = await readDocument(deps, call.principal, input, { signal: call.signal })
        const { documentId, source, metadata, chunks, text, nextChunk } = read
        return { documentId, source, metadata, chunks, text, nextChunk }
      }),
  )
  return server
}

async function search(
  deps: McpToolDeps,
  principal: TenantPrincipal,
  input: RetrieveInput,
): Promise<Record<string, unknown>> {
  const { json } = await retrieve(deps, principal, input)
  const { matches } = JSON.parse(json) as RetrieveAnswer
  const lostDocuments = deps.losses?.seenBy(principal) ?? 0
  return {
    matches: matches.map(({ id, score, text, documentId, source, position, metadata }) => ({
      id,
      score,
      text,
      documentId,
      source,
      position,
      metadata,
    })),
    ...(lostDocuments > 0 && { lostDocuments }),
  }
}

/**
 * Turns a refusal into a result: the model reads it and may do better. Any fault but an AppError reveals no internals.
 */
async function answered(
  { requestId, log }: ToolCall,
  work: () => Promise<Record<string, unknown>>,
): Promise<CallToolResult> {
  try {
    const structuredContent = await work()
    return { structuredContent, content: [{ type: 'text', text: JSON.stringify(structuredContent) }] }
  } catch (thrown) {
    const error = toAppError(thrown)
    if (error.code === 'internal') log.error({ err: error.cause }, 'unexpected fault of a tool')
    const { detail, code } = problemOf(error, requestId)
    return { isError: true, content: [{ type: 'text', text: `${detail} (${code}, request ${requestId})` }] }
  }
}
