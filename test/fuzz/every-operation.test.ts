import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bagOfWords } from '../support/hash-embedder.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'
import { arbitraryOf, type Schema, type Schemas } from './arbitrary-json.ts'

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly schema?: Schema
}
interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> }
  readonly responses: Readonly<Record<string, unknown>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Schemas }
}

/** Requests to each operation. The seed is fixed, so that a fault is found again; `FUZZ_SEED` draws others. */
const requests = Number(process.env.FUZZ_REQUESTS ?? 40)
const seed = Number(process.env.FUZZ_SEED ?? 1)
const secret = 'otter-7f3a91'
/** A run of it calls every route itself, and would go on for minutes beside the others. */
const leftOut = ['post /isolation/runs']

let world: ServiceWorld
let replica: ServiceReplica
let app: string
let staff: string
beforeAll(async () => {
  world = await ServiceWorld.open()
  replica = await world.replica()
  staff = await world.issuer.staff('platform')
  app = await world.onboard(replica, 'acme')
  await world.onboard(replica, 'fuzz')
  const other = await world.onboard(replica, 'other')
  const vectors = [{ id: 'otter', values: bagOfWords('otter'), metadata: { text: secret } }]
  await replica.public({ path: '/vectors/upsert', authorization: other, body: { vectors } })
  await replica.public({ method: 'PUT', path: '/documents/otter', authorization: other, body: { text: secret } })
})
afterAll(() => world[Symbol.asyncDispose]())

const nowhere = '00000000-0000-4000-8000-000000000000'
/** Parts of a path: what is there, what is not, and what nothing may be called. */
const segment = fc.oneof(
  fc.constantFrom('fuzz', 'otter', nowhere, 'a'.repeat(300), ' ', '%', '__proto__', '\u0000'),
  // A URL resolves dots by itself, and they name another route.
  fc.string({ minLength: 1, maxLength: 20 }).filter((one) => !/^\.{1,2}$/.test(one)),
)

function requestOf(path: string, operation: Operation, schemas: Schemas) {
  const parameters = operation.parameters ?? []
  const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([whole]) => whole)
  const query = parameters.filter((one) => one.in === 'query')
  const types = Object.entries(operation.requestBody?.content ?? {})
  const [json] = types.filter(([type]) => type === 'application/json')
  return fc.record({
    segments: fc.tuple(...inPath.map(() => segment)),
    query: fc.record(Object.fromEntries(query.map((one) => [one.name, arbitraryOf(one.schema ?? {}, schemas)])), {
      requiredKeys: [],
    }),
    body: json === undefined ? fc.constant(undefined) : arbitraryOf(json[1].schema ?? {}, schemas),
    claims: fc.constantFrom<Record<string, string>>(
      {},
      { 'x-tenant-id': 'other' },
      { 'x-pinecone-namespace': 'tenant_other_g1' },
    ),
  })
}

const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

describe.each(['public', 'admin'] as const)('every operation of the %s listener', (side) => {
  test('answers any request with a status that it documents, and never with a fault of its own', async () => {
    const { paths, components } = JSON.parse((await replica[side]({ path: '/openapi.json' })).text) as Document
    let answers = 0
    const statuses = new Map<number, number>()
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        if (leftOut.includes(`${method} ${path}`)) continue
        const isVendors = Object.hasOwn(operation.responses, '200') && isOfVendor(operation)
        await fc.assert(
          fc.asyncProperty(requestOf(path, operation, components.schemas), async (drawn) => {
            const authorization = side === 'admin' ? staff : app
            const answer = await send(side, { path, method, isVendors, authorization, ...drawn })
            answers += 1
            statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
            const shown = `${method} ${path} ${JSON.stringify(drawn).slice(0, 600)}: ${answer.status} ${answer.text.slice(0, 300)}`
            expect(answer.status, shown).not.toBe(500)
            const { responses } = operation
            const isDocumented = String(answer.status) in responses || ('default' in responses && answer.status > 399)
            expect(isDocumented, shown).toBe(true)
            if (side === 'public') expect(answer.text, shown).not.toContain(secret)
          }),
          { numRuns: requests, seed, endOnFailure: true },
        )
      }
    }
    // The requests are not refused at the first look alone.
    expect(answers).toBeGreaterThan(300)
    const furtherOn = [200, 201, 202, 204, 404, 409].reduce((sum, status) => sum + (statuses.get(status) ?? 0), 0)
    expect(furtherOn).toBeGreaterThan(answers / 50)
    expect(statuses.get(200) ?? 0).toBeGreaterThan(0)
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
    // The replica is as it was: it serves, and the other tenant has what it had.
    expect((await replica.admin({ path: '/readyz' })).status).toBe(200)
    const kept = await replica.public({
      path: '/vectors/fetch',
      authorization: await world.issuer.tenant('other'),
      body: { ids: ['otter'] },
    })
    expect(kept.json.vectors?.otter?.metadata, kept.text).toEqual({ text: secret })
  })
})

/** The vendor's dialect documents the vendor's error shape. */
function isOfVendor({ responses }: Operation): boolean {
  return !JSON.stringify(responses).includes('application/problem+json')
}

interface Drawn {
  readonly path: string
  readonly method: string
  readonly isVendors: boolean
  readonly authorization: string
  readonly segments: readonly string[]
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
  readonly claims: Readonly<Record<string, string>>
}

function send(side: 'public' | 'admin', drawn: Drawn): Promise<Answer> {
  const { path, method, isVendors, authorization, segments, query, body, claims } = drawn
  let at = 0
  const filled = path.replaceAll(/\{[^}]+\}/g, () => encodeURIComponent((segments[at++] ?? '').toWellFormed()))
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, text(value) ?? '']),
  )
  return replica[side]({
    method: method.toUpperCase(),
    path: search.size === 0 ? filled : `${filled}?${search}`,
    ...(isVendors
      ? { headers: { 'api-key': authorization.replace('Bearer ', ''), ...claims } }
      : { authorization, headers: claims }),
    ...(body === undefined || method === 'get' ? {} : { body: JSON.stringify(body) }),
  })
}
