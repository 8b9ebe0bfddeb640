import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { expectStatus } from '../support/expect-status.ts'
import { adminApp, echoRoute, json, plainRoute, postEcho, publicApp } from './kit-app.ts'

const names = [
  'tenant_id',
  'tenantId',
  'tenant',
  'TENANT-ID',
  'index',
  'index_name',
  'indexName',
  'host',
  'index_host',
  'project',
  'projectId',
  'placement',
  'org',
  'org_id',
  'organizationId',
  'shard',
  'silo',
  'generation',
]
const attempts = 'tenant_router_spoof_attempts_total'

describe('a caller who names a tenant or place', () => {
  it.each(names)('in the body, as %s, changes nothing', async (name) => {
    const kit = publicApp([echoRoute])
    const plain = await postEcho(kit.app, { query: 'a' }, { ...json, 'x-request-id': 'r' })
    const tried = await postEcho(kit.app, { query: 'a', [name]: 'globex' }, { ...json, 'x-request-id': 'r' })
    expectStatus(tried, 200)
    expect(tried.answer).toEqual(plain.answer)
    expect(await kit.metric(attempts)).toEqual([`${attempts} 1`])
  })

  it.each(names)('in the query string, as %s, changes nothing', async (name) => {
    const kit = publicApp([echoRoute])
    const { status, answer } = await postEcho(kit.app, { query: 'a' }, json, `?${name}=globex&${name}=b&verbose=true`)
    expect(status).toBe(200)
    expect(answer).toMatchObject({ tenantId: 'acme', query: { verbose: true } })
    expect(await kit.metric(attempts)).toEqual([`${attempts} 1`])
  })

  it.each(['X-Tenant-Id', 'x-tenant', 'Tenant-Id', 'X-Org-Id', 'X-Pinecone-Index', 'X-Pinecone-Host', 'X-Project-Id'])(
    'in the header %s changes nothing',
    async (name) => {
      const kit = publicApp([echoRoute])
      const { status, answer } = await postEcho(kit.app, { query: 'a' }, { ...json, [name]: 'globex' })
      expect(status).toBe(200)
      expect(answer.tenantId).toBe('acme')
      expect(await kit.metric(attempts)).toEqual([`${attempts} 1`])
    },
  )

  it.each(['Host', 'X-Forwarded-Host', 'X-Forwarded-For', 'Origin', 'X-Request-Id', 'User-Agent', 'Traceparent'])(
    'does not by the ordinary header %s',
    async (name) => {
      const kit = publicApp([echoRoute])
      await postEcho(kit.app, { query: 'a' }, { ...json, [name]: 'globex' })
      expect(await kit.metric(attempts)).toEqual([`${attempts} 0`])
    },
  )

  it("is logged with the token's tenant, the name, and not the value", async () => {
    const kit = publicApp([echoRoute])
    await postEcho(kit.app, { query: 'a', tenant_id: 'globex' })
    const [line] = kit.lines
    expect(line).toMatchObject({ level: 'warn', tenantId: 'acme', names: ['tenant_id'], path: '/echo' })
    expect(JSON.stringify(kit.lines)).not.toContain('globex')
  })

  it('is logged once a request, however many names it tries, also when the request is refused', async () => {
    const kit = publicApp([echoRoute])
    const spellings = Array.from(
      { length: 500 },
      (_, i) => `tenant${'_'.repeat(i % 25)}id${'-'.repeat(Math.floor(i / 25) % 8)}`,
    )
    const distinct = new Set(spellings)
    const { status } = await postEcho(kit.app, Object.fromEntries([...distinct].map((name) => [name, 'x'])), json)
    expect(status).toBe(400)
    const warned = kit.lines.filter(({ level }) => level === 'warn')
    expect(warned).toMatchObject([{ count: distinct.size }])
    expect(warned[0]?.names).toHaveLength(10)
    expect(await kit.metric(attempts)).toEqual([`${attempts} ${distinct.size}`])
  })

  it('may do as it likes within its own metadata and filters', async () => {
    const kit = publicApp([echoRoute])
    const { answer } = await postEcho(kit.app, { query: 'a', filter: { tenant_id: 'x', namespace: 'y' } })
    expect(answer.body).toMatchObject({ filter: { tenant_id: 'x', namespace: 'y' } })
    expect(await kit.metric(attempts)).toEqual([`${attempts} 0`])
  })

  it('is dropped too where a schema takes one of several shapes, or any field', async () => {
    const seen: unknown[] = []
    const shapes = z.union([
      z.strictObject({ ids: z.array(z.string()).max(9) }),
      z.strictObject({ deleteAll: z.literal(true) }),
    ])
    const keep = (body: z.ZodType) =>
      publicApp([
        plainRoute('post', '/echo', async (call) => ({ status: 200, json: { seen: seen.push(call.body) } }), { body }),
      ]).app
    expectStatus(await postEcho(keep(shapes), { deleteAll: true, tenant: 'x' }), 200)
    expectStatus(await postEcho(keep(z.looseObject({})), { a: 1, index: 'x' }), 200)
    expectStatus(await postEcho(keep(z.record(z.string(), z.unknown())), { a: 1, index: 'x' }), 200)
    expect(seen).toEqual([{ deleteAll: true }, { a: 1 }, { a: 1 }])
  })

  it('finds no route that would take such a field: the app is not made', () => {
    const body = z.object({ namespace: z.string() })
    expect(() => publicApp([plainRoute('post', '/a', async () => ({ status: 200 }), { body })])).toThrow(/namespace/)
  })
})

describe('a name that cannot be dropped without widening the request', () => {
  const writing = { ...echoRoute, access: { kind: 'tenant', scope: 'rag:write' } } as typeof echoRoute

  it.each(['namespace', 'tenant_id', 'tenant', 'index', 'indexName', 'host', 'placement'])(
    'refuses a write, as %s in body, query string or list',
    async (name) => {
      let served = 0
      const vectors = z.array(z.object({ id: z.string() })).max(10)
      const handle = async () => ({ status: 200, json: { served: ++served } })
      const body = z.object({ vectors: vectors.optional(), deleteAll: z.boolean().optional() })
      const kit = publicApp([plainRoute('post', '/echo', handle, { access: writing.access, body })])
      for (const value of ['scratch', 'globex', 7, ['acme', 'globex'], {}]) {
        const { status, answer } = await postEcho(kit.app, { deleteAll: true, [name]: value })
        expect([status, answer.code]).toEqual([400, 'invalid_request'])
        expect(answer.detail).toContain(`${name}: names a place`)
      }
      expectStatus(await postEcho(kit.app, { deleteAll: true }, json, `?${name}=scratch`), 400)
      expectStatus(await postEcho(kit.app, { vectors: [{ id: 'a', [name]: 'scratch' }] }), 400)
      expect(served).toBe(0)
      expect(await kit.metric(attempts)).toEqual([`${attempts} 7`])
    },
  )

  it.each(['X-Tenant-Id', 'X-Namespace', 'X-Pinecone-Index', 'X.Namespace'])(
    'refuses a write, in the header %s',
    async (name) => {
      const kit = publicApp([writing])
      expectStatus(await postEcho(kit.app, { query: 'a' }, { ...json, [name]: 'globex' }), 400)
      expectStatus(await postEcho(kit.app, { query: 'a' }, { ...json, [name]: 'acme' }), 200)
    },
  )

  it.each(['namespace', 'Namespace', 'name_space', 'ns'])('refuses a read, as %s', async (name) => {
    const kit = publicApp([echoRoute])
    expectStatus(await postEcho(kit.app, { query: 'a', [name]: 'globex' }), 400)
    expectStatus(await postEcho(kit.app, { query: 'a' }, json, `?${name}=globex`), 400)
    expectStatus(await postEcho(kit.app, { query: 'a' }, { ...json, [`x-${name}`]: 'globex' }), 400)
  })

  it.each(['', '__default__', 'acme'])(
    'is none when it is the own one: %j is dropped and not counted',
    async (value) => {
      for (const route of [echoRoute, writing]) {
        const kit = publicApp([route])
        expectStatus(await postEcho(kit.app, { query: 'a', namespace: value }), 200)
        expectStatus(await postEcho(kit.app, { query: 'a' }, json, `?namespace=${value}`), 200)
        expect(await kit.metric(attempts)).toEqual([`${attempts} 0`])
      }
    },
  )
})

describe('staff', () => {
  it('may name a tenant where a route asks for it, and are refused where it does not', async () => {
    const access = { kind: 'staff', roles: ['auditor'] } as const
    const { app } = adminApp([
      plainRoute('get', '/audit', async (call) => ({ status: 200, json: call.query }), {
        access,
        query: z.object({ tenantId: z.string() }),
      }),
    ])
    const headers = { authorization: 'Bearer staff:auditor' }
    expect(await (await app.request('/audit?tenantId=acme', { headers })).json()).toEqual({ tenantId: 'acme' })
    expectStatus(await app.request('/audit?tenantId=acme&namespace=x', { headers }), 400)
  })
})
