import { z } from 'zod'
import { originCheck } from '../callers.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { readScope } from './fields.ts'
import type { McpToolDeps } from './mcp-tools.ts'

export interface McpRouteDeps extends McpToolDeps {
  /** Origins of pages and desktop apps that may call; servers and agents send none. */
  readonly mcpOrigins?: readonly string[]
}

const message = z
  .looseObject({
    jsonrpc: z.literal('2.0'),
    id: z.union([z.string(), z.number()]).optional(),
    method: z.string().optional(),
    params: z.record(z.string(), z.unknown()).optional(),
  })
  .describe('A message of the Model Context Protocol.')
  .meta({
    id: 'McpMessage',
    example: {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'search', arguments: { query: 'How do I return a bike?' } },
    },
  })

const id = z.union([z.string(), z.number()])
const result = z.looseObject({ jsonrpc: z.literal('2.0'), id, result: z.looseObject({}) }).meta({ id: 'McpResult' })
const rpcError = z
  .looseObject({
    jsonrpc: z.literal('2.0'),
    id: id.nullish(),
    error: z.looseObject({ code: z.int(), message: z.string(), data: z.unknown().optional() }),
  })
  .describe('JSON-RPC 2.0, section 5.1.')
  .meta({ id: 'McpError' })
const refusedByProtocol = 'What the protocol refuses is a JSON-RPC error; what this service refuses is a problem.'

/** The Model Context Protocol over Streamable HTTP, without sessions: any replica answers any message. */
export function mcpRoute(deps: McpRouteDeps): AnyRoute {
  return route({
    method: 'post',
    path: '/mcp',
    access: readScope,
    tag: 'mcp',
    summary: 'Model Context Protocol: the tools `search` and `get_document`',
    description: [
      'An MCP server over Streamable HTTP for agents, of the protocol’s revisions 2025-03-26 to 2026-07-28, without sessions or streams.',
      'The tenant is the token’s; both tools only read, what its groups see.',
      'A browser’s `Origin` is taken only if `MCP_ORIGINS` names it.',
    ].join(' '),
    body: message,
    bodyLimitBytes: 256 * 1024,
    checkCaller: originCheck(deps.mcpOrigins ?? []),
    replies: {
      200: { description: 'The answer to a request, or why there is none.', schema: z.union([result, rpcError]) },
      202: { description: 'A notification is taken.' },
      400: { description: refusedByProtocol, schema: rpcError },
      404: { description: refusedByProtocol, schema: rpcError },
    },
    // An agent that is talked into naming another tenant does so here.
    innerFields: ({ params = {} }) => [params, argumentsOf(params)],
    async handle(call) {
      // Loaded by the first agent: a service without any does without.
      const { answerMcp } = await import('./mcp-message.ts')
      return answerMcp(deps, call, call.body)
    },
  })
}

function argumentsOf(params: Readonly<Record<string, unknown>>): object {
  const given = params.arguments
  return typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {}
}
