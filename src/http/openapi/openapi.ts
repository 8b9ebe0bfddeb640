import type { ZodType } from 'zod'
import { z } from 'zod'
import { takesKey } from '../pipeline/idempotency.ts'
import { formType } from '../pipeline/read-body.ts'
import type { AnyRoute } from '../pipeline/route.ts'
import { type Components, type Json, jsonSchema } from './json-schema.ts'
import { answersOf, problemSchema } from './openapi-answers.ts'
import { apiKeyWords, bothDialects, vendorAnswersOf, vendorFaults } from './openapi-vendor.ts'

export interface ApiDescription {
  readonly title: string
  readonly version: string
  readonly description: string
  /** The required contents of a token for this listener. */
  readonly token: string
}

/** The OpenAPI 3.1 document of a list of routes, the same list that the server serves. */
export function openApiDocument(routes: readonly AnyRoute[], about: ApiDescription): Json {
  const components: Components = new Map<string, unknown>([['Problem', problemSchema]])
  const hasVendors = routes.some(({ pinecone }) => pinecone !== undefined)
  if (hasVendors) for (const [name, schema] of Object.entries(vendorFaults)) components.set(name, schema)
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    const before = paths[route.path]?.[route.method] as Json | undefined
    const own = operation(route, components)
    const operations = before === undefined ? own : bothDialects(before, own)
    paths[route.path] = { ...paths[route.path], [route.method]: operations }
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
        ...(routes.some(({ access }) => access.kind === 'signed') && { signature: signatureScheme }),
        ...(hasVendors && { apiKey: { type: 'apiKey', in: 'header', name: 'Api-Key', description: apiKeyWords } }),
      },
    },
  }
}

function operation(route: AnyRoute, components: Components): Json {
  const { access } = route
  const parameters = [
    ...parametersOf(route.params ?? pathParams(route.path), 'path', components),
    ...parametersOf(route.query, 'query', components),
    ...(takesKey(route) ? [idempotencyKey] : []),
  ]
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    ...(description(route) !== '' && { description: description(route) }),
    // A scope may stand here only for OAuth and, since 3.1, as a role for others; both are said in words too.
    security: route.pinecone === undefined ? securityOf(access) : [{ apiKey: [] }, ...securityOf(access)],
    ...(parameters.length > 0 && { parameters }),
    ...requestBody(route, components),
    responses: route.pinecone === undefined ? answersOf(route, components) : vendorAnswersOf(route, components),
  }
}

/** Alternatives are separate list items; an item requires everything that it names. */
function securityOf(access: AnyRoute['access']): Json[] {
  if (access.kind === 'open') return []
  if (access.kind === 'signed') return [{ signature: [] }]
  return access.kind === 'tenant' ? [{ token: [access.scope] }] : access.roles.map((role) => ({ token: [role] }))
}

const signatureScheme: Json = {
  type: 'apiKey',
  in: 'header',
  name: 'webhook-signature',
  description:
    'A signature over the body, as Standard Webhooks has it (`webhook-id`, `webhook-timestamp`, `webhook-signature`), or HubSpot’s (`X-HubSpot-Signature-v3`, `X-HubSpot-Request-Timestamp`).',
}

const idempotencyKey: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'A new one for each new request, as in `"8e03978e-40d5-43e8-bc93-6894a57f9324"`. The same request with the same key is answered as the first one was, with `Idempotency-Replayed: true`, for 24 hours; what was refused, or got no answer, is served anew.',
  schema: { type: 'string', maxLength: 257 },
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

function parametersOf(schema: ZodType | undefined, place: 'path' | 'query', components: Components): Json[] {
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

function requestBody(route: AnyRoute, components: Components): Json {
  const { body, form } = route
  if (body === undefined && form === undefined) return {}
  const json = body && { 'application/json': { schema: jsonSchema(body, 'input', components) } }
  const content = { ...json, ...(form && { [formType]: { schema: formSchema(form.fields) } }) }
  const words = form?.description
  return { requestBody: { required: true, ...(words !== undefined && { description: words }), content } }
}

function formSchema(fields: Readonly<Record<string, string>> = {}): Json {
  const more = Object.entries(fields).map(([name, description]) => [name, { type: 'string', description }])
  const file = { type: 'string', contentMediaType: 'application/octet-stream' }
  return { type: 'object', required: ['file'], properties: { file, ...Object.fromEntries(more) } }
}
