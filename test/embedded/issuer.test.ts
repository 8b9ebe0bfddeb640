import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { hasIssuer, openIssuer } from '../../src/embedded/issuer.ts'
import { serveIssuer } from '../../src/embedded/issuer-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const settings = {
  issuer: 'urn:tenant-router:development',
  audience: 'tenant-router',
  tenantClaim: 'tenant_id',
  groupsClaim: 'groups',
  rolesClaim: 'roles',
}

test('tokens verify against the JWKS, before and after a restart, and the JWKS has no private part', async () => {
  await using folder = await temporaryFolder()
  expect(await hasIssuer(folder.path)).toBe(false)
  const before = await (await openIssuer(folder.path, settings)).mint({ tenant: 'acme', groups: ['hr'] })
  expect(await hasIssuer(folder.path)).toBe(true)
  const again = await openIssuer(folder.path, settings)
  await using server = await serveIssuer(again)
  const keys = createRemoteJWKSet(new URL(server.url))
  const options = { issuer: settings.issuer, audience: settings.audience, algorithms: ['ES256'] }
  const { payload } = await jwtVerify(before, keys, options)
  expect(payload).toMatchObject({ tenant_id: 'acme', groups: ['hr'], scope: 'rag:read rag:write' })
  const published = (await (await fetch(server.url)).json()) as { keys: object[] }
  expect(published.keys).toHaveLength(1)
  expect(published.keys[0]).not.toHaveProperty('d')
})

test("a staff token has no tenant claim, and a tenant's has no roles; the claims are called as the service is told", async () => {
  await using folder = await temporaryFolder()
  const issuer = await openIssuer(folder.path, { ...settings, tenantClaim: 'org', rolesClaim: 'duties' })
  const staff = decodeJwt(await issuer.mint({ role: 'platform', ttlS: 60 }))
  expect(staff).toMatchObject({ duties: ['platform'] })
  expect(staff).not.toHaveProperty('org')
  expect((staff.exp ?? 0) - (staff.iat ?? 0)).toBe(60)
  const tenant = decodeJwt(await issuer.mint({ tenant: 'acme', scopes: ['rag:read'] }))
  expect(tenant).toMatchObject({ org: 'acme', scope: 'rag:read' })
  expect(tenant).not.toHaveProperty('duties')
})
