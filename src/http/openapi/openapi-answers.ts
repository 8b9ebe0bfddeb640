import { type ErrorCode, errorCodes } from '../../errors.ts'
import { problemKinds, problemType } from '../pipeline/problem.ts'
import type { AnyRoute, RouteReply } from '../pipeline/route.ts'
import { type Components, type Json, jsonSchema } from './json-schema.ts'

/** The answers of an operation: its own replies, and the problems possible for its kind of route. */
export function answersOf(route: AnyRoute, components: Components): Json {
  const problems = new Map(problemStatuses(route).map(([status, codes]) => [String(status), problemAnswer(codes)]))
  const replies = Object.entries(route.replies).map(([status, reply]) => {
    const problem = problems.get(status)
    const content = { ...(problem?.content as Json | undefined), ...contentOf(reply, components) }
    const own = { ...problem, description: reply.description, ...(Object.keys(content).length > 0 && { content }) }
    return [status, { headers: headersOf(route), ...own }] as const
  })
  return Object.fromEntries([...problems, ...replies])
}

function contentOf({ schema, events }: RouteReply, components: Components): Json {
  return {
    ...(schema && { 'application/json': { schema: jsonSchema(schema, 'output', components) } }),
    ...(events && { 'text/event-stream': { schema: eventStream(events) } }),
  }
}

/** Describes the whole stream as text: OpenAPI 3.1 cannot describe single events. */
function eventStream(events: readonly string[]): Json {
  const names = events.map((name) => `\`${name}\``).join(', ')
  return { type: 'string', description: `Server-sent events, whose data is JSON: ${names}.` }
}

/** Codes that only one kind of caller can get. */
const ofTenants = new Set<ErrorCode>([
  'document_busy',
  'writes_held',
  'tenant_unknown',
  'tenant_suspended',
  'quota_exceeded',
  'deadline_exceeded',
])
const ofStaff = new Set<ErrorCode>(['move_in_progress', 'index_limit_reached'])
/** Codes that a read cannot get. */
const ofWrites = new Set<ErrorCode>([
  ...(['idempotency_key_in_use', 'idempotency_key_reused', 'unreadable_document'] as const),
  ...(['conflict', 'document_busy', 'writes_held', 'outcome_unknown', 'namespace_limit_reached'] as const),
  'unreadable_document',
  ...ofStaff,
])

/** Codes of staff and tenants that a signed call cannot get. */
const notOfSigned = new Set<ErrorCode>([
  ...(['forbidden', 'not_found', 'conflict', 'idempotency_key_in_use', 'idempotency_key_reused'] as const),
  ...(['unreadable_document', 'namespace_limit_reached'] as const),
  ...ofStaff,
])

/** The statuses that a route of this kind can answer, with their codes. */
function problemStatuses(route: AnyRoute): [number, ErrorCode[]][] {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of errorCodes.filter((each) => canMeet(route, each))) {
    const { status } = problemKinds[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return [...byStatus].sort(([a], [b]) => a - b)
}

function canMeet(route: AnyRoute, code: ErrorCode): boolean {
  const { access, method, path, body, form } = route
  const { status } = problemKinds[code]
  if (status === 405) return false
  if (code === 'host_refused') return access.kind === 'staff' || access.kind === 'signed'
  if (access.kind === 'signed' && notOfSigned.has(code)) return false
  if (code === 'origin_refused') return route.checkCaller !== undefined
  if (status === 413 || status === 415) return body !== undefined || form !== undefined
  if (status === 401 || status === 403)
    return access.kind !== 'open' && (access.kind === 'tenant' || !ofTenants.has(code))
  if (status === 404) return access.kind === 'tenant' || path.includes('{')
  const reads = access.kind === 'tenant' ? access.scope === 'rag:read' : method === 'get'
  if (reads && ofWrites.has(code)) return false
  return access.kind === 'tenant' ? !ofStaff.has(code) : !ofTenants.has(code)
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
const limitHeaders = {
  'RateLimit-Policy': { description: 'The tenant’s quotas (draft 11)', schema: { type: 'string' } },
  RateLimit: { description: 'What is left of them, and for how long', schema: { type: 'string' } },
}
const headersOf = ({ access }: AnyRoute): Json =>
  access.kind === 'tenant' ? { ...replyHeaders, ...limitHeaders } : replyHeaders
const retryHeader = {
  'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer', minimum: 1 } },
}

export const problemSchema = {
  type: 'object',
  description:
    'RFC 9457. `type` is a registered problem type, or the address of our page; each `code` has one at `/errors/{code}`.',
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
    'violated-policies': {
      type: 'array',
      description: 'Of `quota_exceeded`: the policies, as the header `RateLimit-Policy` names them.',
      items: { type: 'string' },
    },
  },
}
