import { createHmac } from 'node:crypto'
import { exportSPKI, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Principal, TenantPrincipal } from '../../src/auth/principal.ts'
import { createTokenVerifier, type TokenVerifier, type TokenVerifierOptions } from '../../src/auth/token-verifier.ts'
import { isAppError } from '../../src/errors.ts'
import { signingKey, type TestIssuer, testIssuer } from '../support/issuer.ts'

let issuer: TestIssuer
let verifier: TokenVerifier

beforeAll(async () => {
  issuer = await testIssuer()
  verifier = createTokenVerifier(issuer.settings)
})
afterAll(async () => {
  verifier[Symbol.dispose]()
  await issuer[Symbol.asyncDispose]()
})

const nowS = () => Math.floor(Date.now() / 1000)

/** The outcome of a token: its principal, or the code and message of the refusal. */
async function ask(token: string, by: TokenVerifier = verifier): Promise<Principal | string> {
  return outcome(() => by.verify(`Bearer ${token}`))
}

async function outcome(verify: () => Principal | Promise<Principal>): Promise<Principal | string> {
  try {
    return await verify()
  } catch (error) {
    if (isAppError(error)) return `${error.code}: ${error.message}`
    throw error
  }
}

async function withVerifier<T>(
  options: Partial<TokenVerifierOptions>,
  run: (verifier: TokenVerifier) => Promise<T>,
): Promise<T> {
  using made = createTokenVerifier({ ...issuer.settings, ...options })
  return run(made)
}

describe('a good token', () => {
  it('of a tenant becomes a tenant principal with known scopes and sorted groups without doubles', async () => {
    const token = await issuer.token({
      tenant_id: 'acme',
      sub: 'app-1',
      scope: 'openid rag:write rag:read',
      groups: ['sales', 'board', 'sales'],
      roles: ['editor'],
    })
    expect(await ask(token)).toEqual({
      kind: 'tenant',
      tenantId: 'acme',
      subject: 'app-1',
      scopes: new Set(['rag:read', 'rag:write']),
      groups: ['board', 'sales'],
      hasGroupsClaim: true,
    })
  })

  it.each([
    [{}, undefined],
    [{ groups: null }, undefined],
    [{ groups: [] }, true],
  ])('with the claims %j is told to carry a groups claim or not', async (claims, carries) => {
    const found = await ask(await issuer.token({ tenant_id: 'acme', ...claims }))
    expect(found).toMatchObject({ groups: [] })
    expect((found as TenantPrincipal).hasGroupsClaim).toBe(carries)
  })

  it('of staff becomes a staff principal with the roles of the closed list', async () => {
    const token = await issuer.token({ sub: 'ann', roles: ['platform', 'emperor', 'auditor'], tenant_id: null })
    expect(await ask(token)).toEqual({
      kind: 'staff',
      subject: 'ann',
      roles: new Set(['platform', 'auditor']),
      keyId: issuer.key.kid,
    })
  })

  it('takes its scopes from a `scp` list when there is no `scope`', async () => {
    const found = await ask(await issuer.token({ tenant_id: 'acme', scp: ['rag:read'] }))
    expect(found).toMatchObject({ scopes: new Set(['rag:read']) })
  })

  it('has the default scopes only when it says nothing of scopes', async () => {
    await withVerifier({ defaultScopes: ['rag:read'] }, async (by) => {
      expect(await ask(await issuer.token({ tenant_id: 'acme' }), by)).toMatchObject({ scopes: new Set(['rag:read']) })
      expect(await ask(await issuer.token({ tenant_id: 'acme', scope: '' }), by)).toMatchObject({ scopes: new Set() })
      expect(await ask(await issuer.token({ tenant_id: 'acme', scp: [] }), by)).toMatchObject({ scopes: new Set() })
    })
  })

  it.each(['RS256', 'RS512', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
    'may be signed with %s',
    async (algorithm) => {
      const key = await issuer.addKey(algorithm)
      await withVerifier({}, async (by) => {
        expect(await ask(await issuer.token({ tenant_id: 'acme' }, { key }), by)).toMatchObject({ tenantId: 'acme' })
      })
    },
  )

  it('reads the claims that the settings name', async () => {
    await withVerifier({ tenantClaim: 'https://acme.example/org', groupsClaim: 'teams' }, async (by) => {
      const token = await issuer.token({ 'https://acme.example/org': 'acme', teams: ['a'], tenant_id: 'other' })
      expect(await ask(token, by)).toMatchObject({ tenantId: 'acme', groups: ['a'] })
    })
  })
})

describe('a forged or stale token is refused:', () => {
  const good = { tenant_id: 'acme', scope: 'rag:read' }
  const times = () => ({ iss: issuer.issuer, aud: issuer.audience, exp: nowS() + 600 })

  it('unsigned (`alg: none`)', async () => {
    const token = new UnsecuredJWT({ ...good, ...times() }).encode()
    expect(await ask(token)).toMatch(/^unauthenticated/)
  })

  it('signed with the public key as an HMAC secret', async () => {
    const secret = await exportSPKI(issuer.key.publicKey)
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signed = `${part({ alg: 'HS256', kid: issuer.key.kid })}.${part({ ...good, ...times() })}`
    const token = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
    expect(await ask(token)).toMatch(/^unauthenticated: .*algorithm/)
  })

  it("signed with another's key under the issuer's key id", async () => {
    const key = await signingKey('ES256', issuer.key.kid)
    expect(await ask(await issuer.token(good, { key }))).toMatch(/^unauthenticated: .*signature/)
  })

  it('signed with a key that is not served', async () => {
    expect(await ask(await issuer.token(good, { key: await signingKey() }))).toMatch(/^unauthenticated: .*signature/)
  })

  it('that brings its own key, in its header or at an address that it names', async () => {
    await using attacker = await testIssuer()
    const { kid, jwk, privateKey } = attacker.key
    const url = attacker.settings.jwksUrl
    for (const more of [{ jwk }, { jku: url }, { x5u: url }, { jwk, jku: url, x5u: url }]) {
      const { issuer: iss, audience: aud } = issuer.settings
      const token = await new SignJWT({ ...good, ...times(), iss, aud })
        .setProtectedHeader({ alg: 'ES256', kid, ...more })
        .sign(privateKey)
      expect(await ask(token)).toMatch(/^unauthenticated: .*signature/)
    }
    expect(attacker.fetches).toBe(0)
  })

  it('with its payload changed after signing', async () => {
    const [header, , signature] = (await issuer.token(good)).split('.')
    const payload = Buffer.from(JSON.stringify({ ...times(), tenant_id: 'other' })).toString('base64url')
    expect(await ask(`${header}.${payload}.${signature}`)).toMatch(/^unauthenticated: .*signature/)
  })

  it.each([
    ['of another issuer', { iss: 'https://evil.example' }, /`iss`/],
    ['without an issuer', { iss: undefined }, /`iss`/],
    ['for another audience', { aud: 'billing' }, /`aud`/],
    ['without an audience', { aud: undefined }, /`aud`/],
    ['that expired over 30 s ago', { exp: nowS() - 40 }, /expired/],
    ['without an expiry', { exp: undefined }, /`exp`/],
    ['with an expiry in words', { exp: 'tomorrow' }, /./],
    ['that is not valid for another minute', { nbf: nowS() + 60 }, /not valid yet/],
  ])('%s', async (_, claims, words) => {
    const answer = await ask(await issuer.token({ ...good, ...claims }))
    expect(answer).toMatch(/^unauthenticated/)
    expect(answer).toMatch(words)
  })

  it.each(['a.b.c', 'x', 'x'.repeat(20_000), '..', '{}'])('that is no token at all (%#)', async (token) => {
    expect(await ask(token)).toMatch(/^unauthenticated/)
  })

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic YTpi', 'token abc'])('header %j', async (header) => {
    expect(await outcome(() => verifier.verify(header))).toMatch(/^unauthenticated/)
  })
})

describe('a token is refused when it says who is calling', () => {
  it.each([
    ['as a tenant and as staff', { tenant_id: 'acme', roles: ['platform'] }],
    ['as a tenant and as staff of one odd string', { tenant_id: 'acme', roles: 'platform' }],
    ['not at all', {}],
    ['with roles nobody knows', { roles: ['emperor'] }],
    ['with an empty list of roles', { roles: [] }],
    ['with roles in one string', { roles: 'platform' }],
    ['with a list of tenants', { tenant_id: ['acme'] }],
    ['with a tenant object', { tenant_id: { id: 'acme' } }],
    ['with a tenant number', { tenant_id: 7 }],
    ['with a tenant true', { tenant_id: true }],
    ['with an empty tenant', { tenant_id: '' }],
    ['with a tenant that climbs', { tenant_id: '../other' }],
    ['with a tenant with a space', { tenant_id: 'acme ' }],
    ['with a tenant with a line end', { tenant_id: 'acme\n' }],
    ['with a tenant in other letters', { tenant_id: 'асме' }],
    ['with a tenant of 65 characters', { tenant_id: 'a'.repeat(65) }],
    ['with groups in one string', { tenant_id: 'acme', groups: 'board' }],
    ['with a group that is a list', { tenant_id: 'acme', groups: [['board']] }],
    ['with 257 groups', { tenant_id: 'acme', groups: Array.from({ length: 257 }, (_, i) => `g${i}`) }],
    ['with a group of 129 characters', { tenant_id: 'acme', groups: ['g'.repeat(129)] }],
    ['with a scope that is a number', { tenant_id: 'acme', scope: 1 }],
  ])('%s', async (_, claims) => {
    expect(await ask(await issuer.token(claims))).toMatch(/^unauthenticated/)
  })
})

describe('remembering', () => {
  it('answers a token that was verified before at once, without asking the issuer again', async () => {
    await withVerifier({}, async (by) => {
      const header = await issuer.tenant('acme')
      const first = by.verify(header)
      expect(first).toBeInstanceOf(Promise)
      const found = await first
      expect(by.verify(header)).toBe(found)
    })
  })

  it('ends with the expiry, although the clock skew still lets the token in', async () => {
    let now = new Date()
    await withVerifier({ now: () => now }, async (by) => {
      const header = `Bearer ${await issuer.token({ tenant_id: 'acme', exp: nowS() + 10 })}`
      await by.verify(header)
      expect(by.verify(header)).not.toBeInstanceOf(Promise)
      now = new Date(Date.now() + 20_000)
      expect(by.verify(header)).toBeInstanceOf(Promise)
      await by.verify(header)
      expect(by.verify(header)).toBeInstanceOf(Promise)
      now = new Date(Date.now() + 45_000)
      expect(await outcome(() => by.verify(header))).toMatch(/^unauthenticated: .*expired/)
    })
  })

  it('never keeps a refusal as a pass, nor a token that was refused once as refused for good', async () => {
    let now = new Date()
    await withVerifier({ now: () => now }, async (by) => {
      const header = `Bearer ${await issuer.token({ tenant_id: 'acme', nbf: nowS() + 100 })}`
      expect(await outcome(() => by.verify(header))).toMatch(/^unauthenticated/)
      expect(await outcome(() => by.verify(header))).toMatch(/^unauthenticated/)
      now = new Date(Date.now() + 100_000)
      expect(await outcome(() => by.verify(header))).toMatchObject({ tenantId: 'acme' })
    })
  })

  it('is bounded', async () => {
    await withVerifier({ maxRemembered: 2 }, async (by) => {
      const headers = await Promise.all(['a', 'b', 'c'].map((tenant) => issuer.tenant(tenant)))
      for (const header of headers) await by.verify(header)
      const waits = headers.map((header) => by.verify(header) instanceof Promise)
      expect(waits).toEqual([true, false, false])
    })
  })

  it('counts what was found remembered and what was not', async () => {
    const counted: boolean[] = []
    await withVerifier({ onRemembered: (found) => counted.push(found) }, async (by) => {
      const header = await issuer.tenant('acme')
      await by.verify(header)
      await by.verify(header)
      expect(counted).toEqual([false, true])
    })
  })
})
