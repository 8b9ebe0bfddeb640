import {
  createMcpHandler,
  isLegacyRequest,
  type McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import type { Reply } from '../pipeline/route.ts'
import { type McpToolDeps, mcpTools, type ToolCall } from './mcp-tools.ts'

/**
 * Headers that the protocol's own checks read. `Accept` is not passed on: the answer is one JSON message in any case.
 */
const headerNames = ['mcp-protocol-version', 'mcp-session-id', 'mcp-method', 'mcp-name'] as const

/** Answers one message of the protocol, with the caller's tools. */
export async function answerMcp(
  deps: McpToolDeps,
  call: ToolCall & { header(name: string): string | undefined },
  message: unknown,
): Promise<Reply> {
  const headers = new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream' })
  for (const name of headerNames) {
    const value = call.header(name)
    if (value !== undefined) headers.set(name, value)
  }
  const request = new Request('http://localhost/mcp', { method: 'POST', headers, signal: call.signal })
  const open = () => mcpTools(deps, call)
  const legacy = await isLegacyRequest(request, message)
  return replyOf(legacy ? await answerLegacy(open(), request, message) : await answerModern(open, request, message))
}

/** Answers revisions up to 2025-11-25. */
async function answerLegacy(server: McpServer, request: Request, parsedBody: unknown): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
  await server.connect(transport)
  try {
    return await transport.handleRequest(request, { parsedBody })
  } finally {
    await server.close()
  }
}

/** Answers revisions from 2026-07-28 on. It opens no stream, since nothing that one could subscribe to changes. */
async function answerModern(open: () => McpServer, request: Request, parsedBody: unknown): Promise<Response> {
  const handler = createMcpHandler(open, { legacy: 'reject', maxSubscriptions: 0 })
  return handler.fetch(request, { parsedBody })
}

async function replyOf(answer: Response): Promise<Reply> {
  const text = await answer.text()
  return text === '' ? { status: answer.status } : { status: answer.status, json: text }
}
