import { randomBytes } from 'node:crypto'
import { CompactEncrypt, CompactSign } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTokenVerifier, type TokenVerifier } from '../../src/auth/token-verifier.ts'
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

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const claims = () => ({
  iss: issuer.issuer,
  aud: issuer.audience,
  exp: Math.floor(Date.now() / 1000) + 600,
  tenant_id: 'acme',
  scope: 'rag:read',
})
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

async function ask(token: string): Promise<unknown> {
  try {
    return await verifier.verify(`Bearer ${token}`)
  } catch (error) {
    return isAppError(error) ? error.code : error
  }
}

/** Tokens of the standards' own examples, and of attacks on implementations of them. Each was a real hole somewhere. */
const vectors: Readonly<Record<string, () => string | Promise<string>>> = {
  'the example of RFC 7515, A.1 (HS256)': () =>
    'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  'the example of RFC 7519, 6.1 (unsecured)': () =>
    'eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.',
  'no algorithm': () => `${part({ kid: issuer.key.kid })}.${part(claims())}.${part('x')}`,
  'none, in other letters': () => `${part({ alg: 'nOnE', kid: issuer.key.kid })}.${part(claims())}.`,
  'es256, in other letters': async () => {
    const [, body, signature] = (await issuer.token({ tenant_id: 'acme' })).split('.')
    return `${part({ alg: 'es256', kid: issuer.key.kid })}.${body}.${signature}`
  },
  'a signature of zeros (CVE-2022-21449)': () =>
    `${part({ alg: 'ES256', kid: issuer.key.kid })}.${part(claims())}.${Buffer.alloc(64).toString('base64url')}`,
  'an empty signature': () => `${part({ alg: 'ES256', kid: issuer.key.kid })}.${part(claims())}.`,
  'a signature in DER instead of two numbers': () =>
    `${part({ alg: 'ES256', kid: issuer.key.kid })}.${part(claims())}.${Buffer.from('3006020100020100', 'hex').toString('base64url')}`,
  'an algorithm that is not its key’s': async () => {
    const [, body, signature] = (await issuer.token({ tenant_id: 'acme' })).split('.')
    return `${part({ alg: 'RS256', kid: issuer.key.kid })}.${body}.${signature}`
  },
  'an extension that must be understood, and is not': () =>
    new CompactSign(bytesOf(claims()))
      .setProtectedHeader({ alg: 'ES256', kid: issuer.key.kid, crit: ['tenant'], tenant: 'globex' })
      .sign(issuer.key.privateKey, { crit: { tenant: true } }),
  'a payload that is not encoded (RFC 7797)': () =>
    new CompactSign(bytesOf(claims()))
      .setProtectedHeader({ alg: 'ES256', kid: issuer.key.kid, crit: ['b64'], b64: false })
      .sign(issuer.key.privateKey)
      .catch(
        () => `${part({ alg: 'ES256', kid: issuer.key.kid, crit: ['b64'], b64: false })}.${JSON.stringify(claims())}.x`,
      ),
  'an encrypted token': () =>
    new CompactEncrypt(bytesOf(claims())).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(randomBytes(32)),
  'a payload that is a list': () =>
    new CompactSign(bytesOf([claims()]))
      .setProtectedHeader({ alg: 'ES256', kid: issuer.key.kid })
      .sign(issuer.key.privateKey),
  'a payload that is no JSON': () =>
    new CompactSign(new TextEncoder().encode('tenant_id=acme'))
      .setProtectedHeader({ alg: 'ES256', kid: issuer.key.kid })
      .sign(issuer.key.privateKey),
  'a header that is no JSON': async () => {
    const [, body, signature] = (await issuer.token({ tenant_id: 'acme' })).split('.')
    return `${part('alg=ES256')}.${body}.${signature}`
  },
}

it.each(Object.keys(vectors))('a token is refused: %s', async (name) => {
  expect(await ask(await (vectors[name] as () => string | Promise<string>)())).toBe('unauthenticated')
})

it.each([
  '../../../../dev/null',
  '/dev/null',
  "' or '1'='1",
  'http://169.254.169.254/latest/meta-data',
  '__proto__',
  'constructor',
  '\u0000',
  'k'.repeat(10_000),
])('a key id is only compared: %j', async (kid) => {
  const key = await signingKey('ES256', kid)
  expect(await ask(await issuer.token({ tenant_id: 'acme' }, { key }))).toBe('unauthenticated')
})

it('a good token is still taken after all of them', async () => {
  expect(await ask(await issuer.token({ tenant_id: 'acme' }))).toMatchObject({ tenantId: 'acme' })
})
