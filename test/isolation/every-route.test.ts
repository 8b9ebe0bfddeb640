import { createHmac } from 'node:crypto'
import { exportSPKI } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AnyRoute, isByToken } from '../../src/http/pipeline/route.ts'
import { signingKey } from '../support/issuer.ts'
import type { Answer, Ask } from '../support/service-world.ts'
import { names, ThreeTenants } from './three-tenants.ts'

let world: ThreeTenants
beforeAll(async () => {
  world = await ThreeTenants.open()
})
afterAll(() => world[Symbol.asyncDispose]())

/** A call of a route with the least that gets past the checks before access. */
function askOf(route: AnyRoute): Ask {
  const path = route.path.replaceAll(/\{[^}]+\}/g, '00000000-0000-4000-8000-000000000000')
  const body = route.method === 'get' || route.method === 'delete' ? {} : { body: {} }
  return { method: route.method.toUpperCase(), path, ...body }
}

/** The vendor's dialect takes what proves the caller as `Api-Key`. */
function credential({ pinecone }: AnyRoute, authorization: string | undefined): Partial<Ask> {
  if (pinecone === undefined) return { authorization }
  return { headers: { 'api-key': (authorization ?? '').replace(/^Bearer /, '') } }
}

/** A refusal's code in either dialect. */
function codeOf({ text, json }: Answer): string {
  if (text === 'Unauthorized') return 'unauthenticated'
  const vendors: string | undefined = json.error?.code ?? json.details?.[0]?.reason
  return json.code?.toLowerCase?.() ?? vendors?.toLowerCase()
}

async function everyRoute(
  check: (route: AnyRoute, call: (authorization?: string) => Promise<Answer>) => Promise<void>,
) {
  const { services } = world.replica(0)
  let count = 0
  for (const [side, routes] of [
    ['public', services.publicRoutes],
    ['admin', services.adminRoutes],
  ] as const) {
    for (const route of routes) {
      if (!isByToken(route.access)) continue
      count += 1
      const replica = world.replica(count)
      await check(route, (authorization) => replica[side]({ ...askOf(route), ...credential(route, authorization) }))
    }
  }
  expect(count).toBeGreaterThan(15)
}

describe('every route of the route table', () => {
  test('refuses a call without a token', async () => {
    await everyRoute(async (route, call) => {
      const answer = await call()
      expect([route.path, answer.status, codeOf(answer)]).toEqual([route.path, 401, 'unauthenticated'])
      expect(answer.headers.get('www-authenticate')).toContain('Bearer')
    })
  })

  test('refuses the other side: staff where tenants call, tenants where staff calls', async () => {
    await everyRoute(async (route, call) => {
      const answer = await call(route.access.kind === 'tenant' ? world.platform : world.apps.acme)
      expect([route.path, answer.status, codeOf(answer)]).toEqual([route.path, 403, 'forbidden'])
    })
  })

  test('refuses a token without the scope or role that it asks for', async () => {
    const roles = ['platform', 'sales', 'auditor'] as const
    await everyRoute(async (route, call) => {
      const { access } = route
      const wrong: string[] = []
      if (access.kind === 'tenant') {
        const other = access.scope === 'rag:read' ? 'rag:write' : 'rag:read'
        for (const scope of [other, '', 'rag:readwrite rag', 'admin'])
          wrong.push(await world.service.issuer.tenant('acme', { scope }))
      }
      if (access.kind === 'staff') {
        for (const role of roles) if (!access.roles.includes(role)) wrong.push(await world.service.issuer.staff(role))
        // A token without any role of ours says nothing of its owner.
        const unknown = await call(await world.service.issuer.staff('root'))
        expect([route.path, unknown.status, unknown.json.code]).toEqual([route.path, 401, 'unauthenticated'])
      }
      for (const token of wrong) {
        const answer = await call(token)
        expect([route.path, answer.status, codeOf(answer)]).toEqual([route.path, 403, 'forbidden'])
      }
    })
  })

  test('refuses every forged token', async () => {
    const forged = await forgedTokens()
    await everyRoute(async (route, call) => {
      for (const [how, token] of Object.entries(forged)) {
        const answer = await call(`Bearer ${token}`)
        expect([how, route.path, answer.status]).toEqual([how, route.path, 401])
      }
    })
  })

  test('answers with headers that forbid any shared cache to keep it', async () => {
    await everyRoute(async (route, call) => {
      const answer = await call(route.access.kind === 'tenant' ? world.apps.acme : world.platform)
      expect([route.path, answer.headers.get('cache-control')]).toEqual([route.path, 'private, no-store'])
      expect(answer.headers.get('vary')?.toLowerCase()).toContain('authorization')
    })
    for (const name of names) await world.ingest(name, world.replica(0)).catch(() => undefined)
  })
})

test('a route that takes signed calls takes no token, whosever it is', async () => {
  const { publicRoutes, adminRoutes } = world.replica(0).services
  const signed = adminRoutes.filter(({ access }) => access.kind === 'signed')
  expect(signed.map(({ method, path }) => `${method} ${path}`)).toEqual(['post /hooks/crm/{source}'])
  expect(publicRoutes.filter(({ access }) => access.kind === 'signed')).toEqual([])
  for (const route of signed) {
    for (const authorization of [undefined, world.platform, ...Object.values(world.apps)]) {
      for (const headers of [
        {},
        { 'x-tenant-id': 'acme' },
        { 'api-key': (world.apps.acme ?? '').replace('Bearer ', '') },
      ]) {
        const answer = await world.replica(0).admin({ ...askOf(route), headers, authorization })
        expect([answer.status, answer.json.code]).toEqual([401, 'unauthenticated'])
        expect(answer.headers.get('cache-control')).toBe('private, no-store')
      }
    }
  }
})

async function forgedTokens(): Promise<Record<string, string>> {
  const { issuer } = world.service
  const good = { tenant_id: 'acme', scope: 'rag:read rag:write' }
  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const nowS = Math.floor(Date.now() / 1000)
  const claims = { iss: issuer.issuer, aud: issuer.audience, sub: 'x', iat: nowS, exp: nowS + 600, ...good }
  const { kid, publicKey } = issuer.key
  const head = base64({ alg: 'HS256', kid, typ: 'JWT' })
  const secret = await exportSPKI(publicKey)
  const confused = `${head}.${base64(claims)}`
  const stranger = await signingKey('ES256', kid)
  const real = await issuer.token(good)
  const [first, , last] = real.split('.')
  return {
    'alg none': `${base64({ alg: 'none' })}.${base64(claims)}.`,
    'HS256 over the public key': `${confused}.${createHmac('sha256', secret).update(confused).digest('base64url')}`,
    'another key under a known name': await issuer.token(good, { key: stranger }),
    'changed after signing': `${first}.${base64({ ...claims, tenant_id: 'globex' })}.${last}`,
    'no signature': `${first}.${base64(claims)}.`,
    'wrong issuer': await issuer.token({ ...good, iss: 'https://elsewhere.example' }),
    'wrong audience': await issuer.token({ ...good, aud: 'another-service' }),
    expired: await issuer.token({ ...good, iat: nowS - 7200, exp: nowS - 3600 }),
    'not yet valid': await issuer.token({ ...good, nbf: nowS + 3600 }),
    'tenant and staff at once': await issuer.token({ ...good, roles: ['platform'] }),
    neither: await issuer.token({ scope: 'rag:read' }),
    'a list of tenants': await issuer.token({ ...good, tenant_id: ['acme', 'globex'] }),
    'an object as tenant': await issuer.token({ ...good, tenant_id: { id: 'acme' } }),
    'a number as tenant': await issuer.token({ ...good, tenant_id: 7 }),
    'an empty tenant': await issuer.token({ ...good, tenant_id: '' }),
    'a path as tenant': await issuer.token({ ...good, tenant_id: '../globex' }),
    'two tenants in one string': await issuer.token({ ...good, tenant_id: 'acme,globex' }),
    'a tenant with a line break': await issuer.token({ ...good, tenant_id: 'acme\n' }),
    'a tenant too long': await issuer.token({ ...good, tenant_id: 'a'.repeat(65) }),
  }
}
