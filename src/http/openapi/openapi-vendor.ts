import type { AnyRoute } from '../pipeline/route.ts'
import { type Components, type Json, jsonSchema } from './json-schema.ts'

export const apiKeyWords =
  'A tenant key (`trk_…`) or a tenant token, as the vendor’s clients send their key. On a path of both dialects it chooses the vendor’s. `Authorization: Bearer` beside it authenticates alone.'

/** Fault bodies of the vendor's two planes. */
export const vendorFaults: Readonly<Record<string, Json>> = {
  PineconeStatus: {
    type: 'object',
    description: 'A google.rpc.Status. `details` carries our code as `reason`, and the request id.',
    required: ['code', 'message', 'details'],
    properties: {
      code: { type: 'integer' },
      message: { type: 'string' },
      details: { type: 'array', items: { type: 'object' } },
    },
  },
  PineconeControlFault: {
    type: 'object',
    required: ['error', 'status'],
    properties: {
      error: {
        type: 'object',
        required: ['code', 'message'],
        properties: { code: { type: 'string' }, message: { type: 'string' } },
      },
      status: { type: 'integer' },
    },
  },
}

/** The answers of a route of the vendor's dialect: its own, and one form of every fault. */
export function vendorAnswersOf(route: AnyRoute, components: Components): Json {
  const replies = Object.entries(route.replies).map(([status, { description, schema }]) => [
    status,
    { description, ...(schema && { content: json(jsonSchema(schema, 'output', components)) }) },
  ])
  const name = route.pinecone === 'control' ? 'PineconeControlFault' : 'PineconeStatus'
  const fault = {
    description: 'A fault in the vendor’s form, with the status of ours; 401 is bare text.',
    content: json({ $ref: `#/components/schemas/${name}` }),
  }
  return { ...Object.fromEntries(replies), default: fault }
}

/** One operation for a path that speaks both dialects: OpenAPI allows one, and the `Api-Key` chooses. */
export function bothDialects(own: Json, vendors: Json): Json {
  const responses = { ...(own.responses as Json) }
  for (const [status, answer] of Object.entries(vendors.responses as Json)) {
    const before = responses[status] as Json | undefined
    responses[status] = before === undefined ? answer : { ...before, content: eitherContent(before, answer as Json) }
  }
  const requestBody = {
    ...(own.requestBody as Json),
    content: eitherContent(own.requestBody as Json, vendors.requestBody as Json),
  }
  const words = [
    own.description,
    `**With an \`Api-Key\`, the vendor’s dialect:** ${[vendors.summary, vendors.description].join('. ')}`,
  ]
  return {
    ...own,
    description: words.filter(Boolean).join('\n\n'),
    security: [...(own.security as Json[]), { apiKey: [] }],
    requestBody,
    responses,
  }
}

function eitherContent(left: Json, right: Json): Json {
  const { 'application/json': own, ...rest } = (left.content ?? {}) as Record<string, Json>
  const vendors = ((right.content ?? {}) as Record<string, Json>)['application/json']
  const schemas = [own?.schema, vendors?.schema].filter((schema) => schema !== undefined)
  return { ...rest, 'application/json': { schema: schemas.length === 1 ? schemas[0] : { anyOf: schemas } } }
}

function json(schema: Json): Json {
  return { 'application/json': { schema } }
}
