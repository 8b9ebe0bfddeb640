import {
  createMcpHandler,
  isLegacyRequest,
  type McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import { type AnyRoute, type Reply, route } from '../route.ts'
import { reading } from './fields.ts'
import { type McpToolDeps, mcpTools } from './mcp-tools.ts'

export type McpRouteDeps = McpToolDeps

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

/** What the protocol's own checks look at. `Accept` is not passed on: the answer is one JSON message in any case. */
const headerNames = ['mcp-protocol-version', 'mcp-session-id', 'mcp-method', 'mcp-name'] as const

/** The Model Context Protocol over Streamable HTTP, without sessions: any replica answers any message. */
export function mcpRoute(deps: McpRouteDeps): AnyRoute {
  return route({
    method: 'post',
    path: '/mcp',
    access: reading,
    tag: 'mcp',
    summary: 'Model Context Protocol: the tools `search` and `get_document`',
    description: [
      'An MCP server over Streamable HTTP for agents, of the protocol’s revisions 2025-03-26 to 2026-07-28, without sessions or streams.',
      'The tenant is the token’s; both tools only read, what its groups see.',
    ].join(' '),
    body: message,
    replies: {
      200: { description: 'The answer to a request.', schema: z.looseObject({ jsonrpc: z.literal('2.0') }) },
      202: { description: 'A notification is taken.' },
    },
    async handle(call) {
      const headers = new Headers({
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      })
      for (const name of headerNames) {
        const value = call.header(name)
        if (value !== undefined) headers.set(name, value)
      }
      const request = new Request('http://localhost/mcp', { method: 'POST', headers, signal: call.signal })
      const open = () => mcpTools(deps, call)
      const legacy = await isLegacyRequest(request, call.body)
      const answer = legacy
        ? await answerLegacy(open(), request, call.body)
        : await answerModern(open, request, call.body)
      return replyOf(answer)
    },
  })
}

/** Revisions up to 2025-11-25. */
async function answerLegacy(server: McpServer, request: Request, parsedBody: unknown): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
  await server.connect(transport)
  try {
    return await transport.handleRequest(request, { parsedBody })
  } finally {
    await server.close()
  }
}

/** From 2026-07-28 on. Nothing ever changes that one could subscribe to, so no stream is opened. */
async function answerModern(open: () => McpServer, request: Request, parsedBody: unknown): Promise<Response> {
  const handler = createMcpHandler(open, { legacy: 'reject', maxSubscriptions: 0 })
  return handler.fetch(request, { parsedBody })
}

async function replyOf(answer: Response): Promise<Reply> {
  const text = await answer.text()
  return text === '' ? { status: answer.status } : { status: answer.status, json: text }
}
