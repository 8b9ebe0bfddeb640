import { type ErrorCode, errorCodes } from '../errors.ts'
import { type Components, type Json, jsonSchema } from './json-schema.ts'
import { problemKinds, problemType } from './problem.ts'
import type { AnyRoute } from './route.ts'

/** What an operation answers: its own replies, and the problems that a route of its kind can have. */
export function answersOf(route: AnyRoute, components: Components): Json {
  const replies = Object.entries(route.replies).map(([status, reply]) => {
    const schema = reply.schema && jsonSchema(reply.schema, 'output', components)
    const content = schema && { content: { 'application/json': { schema } } }
    return [status, { description: reply.description, headers: replyHeaders, ...content }]
  })
  const given = new Set(replies.map(([status]) => String(status)))
  const problems = problemStatuses(route).filter(([status]) => !given.has(String(status)))
  return Object.fromEntries([...replies, ...problems.map(([status, codes]) => [status, problemAnswer(codes)])])
}

/** The statuses that a route of this kind can answer, with the codes behind each. */
function problemStatuses({ access, body, payload, path }: AnyRoute): [number, ErrorCode[]][] {
  const withBody = body !== undefined || payload !== undefined
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of errorCodes) {
    const { status } = problemKinds[code]
    if (status === 405 || ((status === 413 || status === 415) && !withBody)) continue
    if (access.kind === 'open' && (status === 401 || status === 403)) continue
    if (status === 404 && access.kind === 'staff' && !path.includes('{')) continue
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return [...byStatus].sort(([a], [b]) => a - b)
}

function problemAnswer(codes: readonly ErrorCode[]): Json {
  const [first = 'internal'] = codes
  const { status, title } = problemKinds[first]
  const example = { type: problemType(first), title, status, detail: title, code: first, requestId: '7c1f' }
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    headers: status === 429 || status === 503 ? { ...replyHeaders, ...retryHeader } : replyHeaders,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, example } },
  }
}

const replyHeaders = {
  'X-Request-Id': { description: "The caller's, or a new one", schema: { type: 'string' } },
}
const retryHeader = {
  'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer', minimum: 1 } },
}

export const problemSchema = {
  type: 'object',
  description: 'RFC 9457. `type` is the address of a page about `code`.',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: [...errorCodes] },
    requestId: { type: 'string' },
    faults: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
}
