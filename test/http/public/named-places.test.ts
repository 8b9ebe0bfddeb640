import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import type { AnyRoute } from '../../../src/http/pipeline/route.ts'
import { type Answer, type Ask, type ServiceReplica, ServiceWorld } from '../../support/service-world.ts'

/**
 * Every route of the public listener, every way to name a place, and every part of a request that it can stand in: one
 * rule, made from the routes themselves, so that a new one is under it from its first day.
 */
let world: ServiceWorld
let replica: ServiceReplica
let acme: string

beforeAll(async () => {
  world = await ServiceWorld.open()
  replica = await world.replica()
  acme = await world.issuer.tenant('acme', { scope: 'rag:read rag:write rag:explain' })
  await world.onboard(replica, 'acme')
})
afterAll(() => world[Symbol.asyncDispose]())

const namespaces = [
  'namespace',
  'NAMESPACE',
  'name_space',
  'namespaces',
  'ns',
  'target_namespace',
  'pinecone-namespace',
]
const others = ['tenant_id', 'tenantId', 'tenant', 'index', 'indexName', 'index_host', 'shard', 'placement']

type Kind = 'body' | 'item' | 'argument' | 'query' | 'header' | 'form' | 'unasked'

/** Beside a key the token authenticates, and the dialect is the vendor's. */
const dialectOf = ({ pinecone }: AnyRoute) => (pinecone === undefined ? {} : { 'api-key': 'beside the token' })

const changes = ({ access }: AnyRoute) => access.kind === 'tenant' && access.scope === 'rag:write'

/** The body to send to a route: the example of its documentation. */
function exampleOf({ body }: AnyRoute): Readonly<Record<string, unknown>> | undefined {
  const schema = body?.meta() === undefined ? (body as z.ZodOptional<z.ZodType> | undefined)?.unwrap?.() : body
  return schema?.meta()?.example as Readonly<Record<string, unknown>> | undefined
}

/** Whether a body changes what a call does: the vendor’s deletes by path are refused in any case. */
const takesBody = ({ pinecone, method }: AnyRoute) => pinecone === undefined || method !== 'delete'

function kindsOf(route: AnyRoute): readonly Kind[] {
  const example = exampleOf(route)
  const hasItems = Object.values(example ?? {}).some((value) => Array.isArray(value) && typeof value[0] === 'object')
  return [
    ...(['query', 'header'] as const),
    ...(example === undefined ? [] : (['body'] as const)),
    ...(hasItems ? (['item'] as const) : []),
    ...(route.path === '/mcp' ? (['argument'] as const) : []),
    ...(route.form === undefined ? [] : (['form'] as const)),
    ...(example === undefined && changes(route) && takesBody(route) ? (['unasked'] as const) : []),
  ]
}

function askOf(route: AnyRoute, kind?: Kind, name = ''): Ask {
  const path = route.path.replace(/\{[^}]+\}/g, 'acme')
  const example = exampleOf(route)
  const named = { [name]: 'globex' }
  const base = { method: route.method.toUpperCase(), authorization: acme, headers: dialectOf(route) }
  const plain: Ask = { ...base, path, ...(example !== undefined && { body: example }) }
  switch (kind) {
    case undefined:
      return plain
    case 'body':
      return { ...plain, body: { ...example, ...named } }
    case 'unasked':
      return { ...plain, body: named }
    case 'item':
      return {
        ...plain,
        body: Object.fromEntries(Object.entries(example ?? {}).map(([key, value]) => [key, inItems(value, named)])),
      }
    case 'argument': {
      const params = example?.params as { arguments: object }
      return { ...plain, body: { ...example, params: { ...params, arguments: { ...params.arguments, ...named } } } }
    }
    case 'query':
      return { ...plain, path: `${path}?${name}=globex` }
    case 'header':
      return { ...plain, headers: { ...plain.headers, [`x-${name}`]: 'globex' } }
    case 'form': {
      const part = (head: string, text: string) => `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`
      const body = `${part('name="file"; filename="a.txt"', 'A text.')}${part(`name="${name}"`, 'globex')}--b--\r\n`
      return { ...base, path, body, headers: { ...base.headers, 'content-type': 'multipart/form-data; boundary=b' } }
    }
  }
}

const inItems = (value: unknown, named: object) =>
  Array.isArray(value) ? value.map((item) => (typeof item === 'object' ? { ...item, ...named } : item)) : value

const outcome = ({ status, json }: Answer) => [status, json?.code ?? null]
const wordsOf = ({ json }: Answer) => json?.detail ?? json?.message ?? json?.error?.message

describe('a name of a place, on every route and in every part of a request,', () => {
  test('is refused in a write, and in a read when it is a namespace; else it changes nothing', async () => {
    const routes = replica.services.publicRoutes.filter(({ access }) => access.kind === 'tenant')
    const seen = new Set<Kind>()
    for (const route of routes) {
      for (const kind of kindsOf(route)) {
        seen.add(kind)
        for (const name of [...namespaces, ...others]) {
          const plain = await replica.public(askOf(route))
          const tried = await replica.public(askOf(route, kind, name))
          const what = `${route.method} ${route.path} ${kind} ${name}`
          if (changes(route) || namespaces.includes(name)) {
            const path = kind === 'header' ? `x-${name.toLowerCase()}` : name
            expect([what, tried.status, wordsOf(tried)]).toEqual([
              what,
              route.pinecone === undefined ? 400 : 403,
              expect.stringMatching(`${path}: names a place that is not this tenant['’]s own`),
            ])
          } else expect([what, ...outcome(tried)]).toEqual([what, ...outcome(plain)])
        }
      }
    }
    expect([...seen].toSorted()).toEqual(['argument', 'body', 'form', 'header', 'item', 'query', 'unasked'])
    expect(routes.length).toBeGreaterThan(12)
  })

  test('is none when it is the own one', async () => {
    for (const route of replica.services.publicRoutes.filter(({ access }) => access.kind === 'tenant')) {
      for (const value of ['', '__default__', 'acme']) {
        const ask = askOf(route)
        const path = `${ask.path}?namespace=${value}`
        const tried = await replica.public({ ...ask, path, headers: { ...ask.headers, 'x-namespace': value } })
        expect([route.path, value, tried.text]).toEqual([
          route.path,
          value,
          expect.not.stringContaining('names a place'),
        ])
      }
    }
  })
})
