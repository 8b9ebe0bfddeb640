import type { ZodType } from 'zod'
import { z } from 'zod'
import { type ErrorCode, errorCodes } from '../errors.ts'
import { problemKinds } from './problem.ts'
import type { AnyRoute } from './route.ts'

export interface ApiDescription {
  readonly title: string
  readonly version: string
  readonly description: string
  /** What a token for this listener must say. */
  readonly token: string
}

type Json = Record<string, unknown>

/** The OpenAPI 3.1 document of a list of routes: the same list that the server serves. */
export function openApiDocument(routes: readonly AnyRoute[], about: ApiDescription): Json {
  const components = new Map<string, unknown>([['Problem', problemSchema]])
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route, components) }
  }
  return {
    openapi: '3.1.0',
    info: { title: about.title, version: about.version, description: about.description },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(components),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: about.token },
      },
    },
  }
}

function operation(route: AnyRoute, components: Map<string, unknown>): Json {
  const { access } = route
  const parameters = [
    ...parametersOf(route.params ?? pathParams(route.path), 'path', components),
    ...parametersOf(route.query, 'query', components),
  ]
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    ...(description(route) !== '' && { description: description(route) }),
    // A scope may stand here only for OAuth and, since 3.1, as a role for others; both are said in words too.
    security: access.kind === 'open' ? [] : [{ token: access.kind === 'tenant' ? [access.scope] : [...access.roles] }],
    ...(parameters.length > 0 && { parameters }),
    ...requestBody(route, components),
    responses: responsesOf(route, components),
  }
}

function description(route: AnyRoute): string {
  const { access } = route
  const needs =
    access.kind === 'tenant'
      ? `Needs the scope \`${access.scope}\`.`
      : access.kind === 'staff'
        ? `Needs the role ${access.roles.map((role) => `\`${role}\``).join(' or ')}.`
        : ''
  return [route.description, needs].filter(Boolean).join('\n\n')
}

/** `PUT /documents/{documentId}` → `putDocumentsByDocumentId`. */
function operationId({ method, path }: AnyRoute): string {
  const words = path
    .split('/')
    .filter(Boolean)
    .map((step) =>
      step.startsWith('{')
        ? `By${capital(step.slice(1, -1))}`
        : step
            .split(/[^A-Za-z0-9]/)
            .map(capital)
            .join(''),
    )
  return method + words.join('')
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function pathParams(path: string): ZodType | undefined {
  const names = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] ?? '')
  return names.length === 0 ? undefined : z.object(Object.fromEntries(names.map((name) => [name, z.string()])))
}

function parametersOf(schema: ZodType | undefined, place: 'path' | 'query', components: Map<string, unknown>): Json[] {
  if (schema === undefined) return []
  const json = jsonSchema(schema, 'input', components) as { properties?: Record<string, Json>; required?: string[] }
  return Object.entries(json.properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || (json.required ?? []).includes(name),
    ...(typeof property.description === 'string' && { description: property.description }),
    schema: property,
  }))
}

function requestBody(route: AnyRoute, components: Map<string, unknown>): Json {
  if (route.body !== undefined) {
    const schema = jsonSchema(route.body, 'input', components)
    return { requestBody: { required: true, content: { 'application/json': { schema } } } }
  }
  if (route.payload === undefined) return {}
  const content = Object.fromEntries(route.payload.contentTypes.map((type) => [type, { schema: payloadSchema(type) }]))
  const words = route.payload.description
  return { requestBody: { required: true, ...(words !== undefined && { description: words }), content } }
}

function payloadSchema(contentType: string): Json {
  if (contentType !== 'multipart/form-data') return { type: 'string' }
  return { type: 'object', properties: { file: { type: 'string', contentMediaType: 'application/octet-stream' } } }
}

function responsesOf(route: AnyRoute, components: Map<string, unknown>): Json {
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
  const example = { type: `/errors/${first}`, title, status, detail: title, code: first, requestId: '7c1f' }
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

const problemSchema = {
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

/** A zod schema as JSON Schema 2020-12, which is what OpenAPI 3.1 speaks; named parts (`.meta({id})`) become components. */
function jsonSchema(schema: ZodType, io: 'input' | 'output', components: Map<string, unknown>): Json {
  const {
    $schema: _,
    $defs,
    ...own
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any', override: dropInternals }) as Json
  const rename = (text: string) => JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')) as Json
  for (const [name, part] of Object.entries(($defs as Json | undefined) ?? {})) {
    components.set(name, rename(JSON.stringify(part)))
  }
  return rename(JSON.stringify(own))
}

function dropInternals({ jsonSchema: json }: { jsonSchema: Json }): void {
  delete json['~standard']
}
