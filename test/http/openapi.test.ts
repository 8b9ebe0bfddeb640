import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { errorCodes } from '../../src/errors.ts'
import { type MoveRouteDeps, moveRoutes } from '../../src/http/admin/moves.ts'
import { openApiDocument } from '../../src/http/openapi/openapi.ts'
import { type PublicRouteDeps, publicRoutes } from '../../src/http/public/public-routes.ts'
import { expectStatus } from '../support/expect-status.ts'
import { acme, adminApp, echoRoute, plainRoute, publicApp } from './kit-app.ts'

const named = z.object({ id: z.string() }).meta({ id: 'Thing', description: 'A thing' })
const routes = [
  echoRoute,
  plainRoute('get', '/things/{thingId}', async () => ({ status: 200, json: {} }), {
    query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20).describe('How many') }),
    replies: { 200: { description: 'Things', schema: z.object({ items: z.array(named) }) } },
  }),
  plainRoute('put', '/things/{thingId}', async () => ({ status: 200, json: {} }), {
    body: named,
    access: { kind: 'tenant', scope: 'rag:write' },
    replies: { 200: { description: 'Put' }, 409: { description: 'It is another thing' } },
  }),
  plainRoute('post', '/upload', async () => ({ status: 202 }), { form: { filesMax: 1, manyFiles: 'send one' } }),
]

interface Operation {
  readonly security: unknown
  readonly parameters?: readonly unknown[]
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: unknown }>>
}
interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

async function documentOf(app: { request(path: string): Response | Promise<Response> }): Promise<Document> {
  const response = await app.request('/openapi.json')
  return (await response.json()) as Document
}

describe('the OpenAPI document', () => {
  it.each([
    ['public', publicApp(routes)],
    [
      'admin',
      adminApp([
        plainRoute('get', '/moves', async () => ({ status: 200 }), {
          access: { kind: 'staff', roles: ['sales', 'auditor'] },
          replies: { 200: { description: 'Moves', schema: z.object({}), events: ['state'] } },
        }),
      ]),
    ],
  ])('of the %s listener is valid OpenAPI 3.1', async (_, { app }) => {
    const document = await documentOf(app)
    expect(document.openapi).toBe('3.1.0')
    const result = await new Validator().validate(document as unknown as Record<string, unknown>)
    expect(result.errors ?? []).toEqual([])
    expect(result.valid).toBe(true)
  })

  it('has every route with its scope, parameters and answers, problems included', async () => {
    const { paths, components } = await documentOf(publicApp(routes).app)
    expect(Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((m) => `${m} ${path}`))).toEqual(
      ['post /echo', 'get /things/{thingId}', 'put /things/{thingId}', 'post /upload'],
    )
    const read = paths['/things/{thingId}']?.get
    expect(read?.security).toEqual([{ token: ['rag:read'] }])
    expect(read?.parameters).toMatchObject([
      { name: 'thingId', in: 'path', required: true },
      { name: 'limit', in: 'query', required: false, description: 'How many', schema: { maximum: 100 } },
    ])
    expect(Object.keys(read?.responses ?? {})).toEqual(['200', '400', '401', '403', '404', '429', '500', '503', '504'])
    const write = paths['/things/{thingId}']?.put?.responses
    expect(Object.keys(write ?? {})).toEqual(expect.arrayContaining(['409', '504', '413', '415']))
    expect(Object.keys(paths['/upload']?.post?.responses ?? {})).toEqual(expect.arrayContaining(['413', '415']))
    expect(write?.['409']).toMatchObject({
      description: 'It is another thing',
      content: { 'application/problem+json': { example: { code: 'conflict' } } },
    })
    expect(read?.responses['503']?.description).toContain('`store_busy`')
    expect(components.schemas.Thing).toMatchObject({ type: 'object', description: 'A thing' })
    expect(JSON.stringify(paths)).toContain('#/components/schemas/Thing')
    expect(JSON.stringify(paths)).not.toContain('$defs')
  })

  it('has staff’s roles as alternatives, of which one is enough', async () => {
    const access = { kind: 'staff', roles: ['platform', 'sales'] } as const
    const { app } = adminApp([plainRoute('get', '/tenants', async () => ({ status: 200 }), { access })])
    const { paths } = await documentOf(app)
    expect(paths['/tenants']?.get?.security).toEqual([{ token: ['platform'] }, { token: ['sales'] }])
  })

  const real = openApiDocument([...publicRoutes({} as PublicRouteDeps), ...moveRoutes({} as MoveRouteDeps)], {
    title: 'all',
    version: '1',
    description: 'All.',
    token: 'A token.',
  }) as unknown as Document

  it('of the routes as they are is valid', async () => {
    const result = await new Validator().validate(structuredClone(real) as unknown as Record<string, unknown>)
    expect([result.errors ?? [], result.valid]).toEqual([[], true])
  })

  it('declares what is a stream of events, beside JSON or instead of it', () => {
    const types = (path: string, method: string) =>
      Object.keys((real.paths[path]?.[method]?.responses['200']?.content ?? {}) as object)
    expect(types('/answer', 'post')).toEqual(['application/json', 'text/event-stream'])
    expect(types('/moves/{id}/events', 'get')).toEqual(['text/event-stream'])
    expect(types('/retrieve', 'post')).toEqual(['application/json'])
  })

  it('has the protocol’s own errors at /mcp, beside problems', () => {
    const responses: Operation['responses'] = real.paths['/mcp']?.post?.responses ?? {}
    for (const status of ['400', '404']) {
      expect(responses[status]?.content).toMatchObject({
        'application/json': { schema: { $ref: '#/components/schemas/McpError' } },
        'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
      })
    }
    const refs = JSON.stringify(responses['200']?.content)
    for (const name of ['McpResult', 'McpError']) expect(refs).toContain(`#/components/schemas/${name}`)
  })

  it('shows only what the listener serves', async () => {
    const { paths } = await documentOf(adminApp([]).app)
    expect(paths).toEqual({})
  })
})

describe('the docs page', () => {
  it('shows every operation, with assets of the listener’s own and a policy that allows no other', async () => {
    const { app } = publicApp(routes)
    const response = await app.request('/docs')
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    const page = await response.text()
    for (const { path, summary } of routes) {
      expect(page).toContain(path)
      expect(page).toContain(summary)
    }
    expect(page).not.toMatch(/https?:\/\//)
    const assets = [...page.matchAll(/(?:href|src)="(\/docs\/[^"]+)"/g)].map((match) => match[1] ?? '')
    expect(assets).toEqual(['/docs/docs.css', '/docs/docs.js'])
    for (const asset of assets) expectStatus(await app.request(asset), 200)
  })

  it('shows words of a route as text, not as markup', async () => {
    const sly = plainRoute('get', '/a', async () => ({ status: 200 }), { summary: '<img src=x onerror=alert(1)>' })
    const page = await (await publicApp([sly]).app.request('/docs')).text()
    expect(page).toContain('&lt;img')
    expect(page).not.toContain('<img')
  })
})

describe('the pages of the error codes', () => {
  it.each(errorCodes)('%s has one, that says what it means and what to do', async (code) => {
    const { app } = publicApp([])
    const response = await app.request(`/errors/${code}`, { headers: acme })
    expectStatus(response, 200)
    const text = await response.text()
    expect(text).toMatch(
      new RegExp(`^# ${code}\n\nHTTP status \\d{3}\n\n## What it means\n.{20,}\n\n## What to do\n.{10,}\n$`),
    )
  })

  it('are of known codes only', async () => {
    expectStatus(await publicApp([]).app.request('/errors/nonsense'), 404)
  })
})
