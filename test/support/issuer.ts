import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

type Claims = Readonly<Record<string, unknown>>

export interface SigningKey {
  readonly kid: string
  readonly algorithm: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  readonly jwk: JWK
}

/** An identity provider of the test's own: keys, a key set over HTTP, and tokens. */
export interface TestIssuer extends AsyncDisposable {
  readonly issuer: string
  readonly audience: string
  readonly jwksUrl: string
  /** Options of a token verifier, and the `jwt` slice of the configuration. */
  readonly settings: {
    readonly issuer: string
    readonly audience: string
    readonly jwksUrl: string
    readonly tenantClaim: string
    readonly groupsClaim: string
    readonly rolesClaim: string
    readonly defaultScopes: readonly []
  }
  /** Any claims at all; issuer, audience and times are good unless the claims say otherwise. `anonymous`: the header names no key. */
  token(claims: Claims, options?: { readonly key?: SigningKey; readonly anonymous?: boolean }): Promise<string>
  /** `Bearer …` of an app of the tenant, by default with both scopes. */
  tenant(tenantId: string, claims?: Claims): Promise<string>
  /** `Bearer …` of one of the staff. */
  staff(...roles: readonly string[]): Promise<string>
  readonly key: SigningKey
  /** Signs with a new key from now on; the old one is served on only if asked. */
  rotate(options?: { readonly keepOld?: boolean; readonly kid?: string }): Promise<void>
  /** A further key, served but not used unless named. */
  addKey(algorithm: string): Promise<SigningKey>
  /** The answer of the key set's address; undefined: a correct one. `isEndless`: the body never ends. */
  answer: { readonly status: number; readonly body: string; readonly isEndless?: true } | undefined
  readonly fetches: number
}

let made = 0

export async function signingKey(algorithm = 'ES256', kid = `key-${++made}`): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  return { kid, algorithm, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' } }
}

export async function testIssuer(): Promise<TestIssuer> {
  let key = await signingKey()
  let served = [key]
  let fetches = 0
  let answer: TestIssuer['answer']
  const server = createServer((_, response) => {
    fetches++
    response.statusCode = answer?.status ?? 200
    response.setHeader('content-type', 'application/json')
    if (answer?.isEndless) response.write(answer.body)
    else response.end(answer?.body ?? JSON.stringify({ keys: served.map(({ jwk }) => jwk) }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const audience = 'tenant-router'
  const jwksUrl = `${issuer}/jwks.json`

  const token = async (
    claims: Claims,
    options: { readonly key?: SigningKey; readonly anonymous?: boolean } = {},
  ): Promise<string> => {
    const by = options.key ?? key
    const nowS = Math.floor(Date.now() / 1000)
    const payload: JWTPayload = { iss: issuer, aud: audience, sub: 'test', iat: nowS, exp: nowS + 600, ...claims }
    return new SignJWT(payload)
      .setProtectedHeader({ alg: by.algorithm, ...(!options.anonymous && { kid: by.kid }) })
      .sign(by.privateKey)
  }
  return {
    issuer,
    audience,
    jwksUrl,
    settings: {
      issuer,
      audience,
      jwksUrl,
      tenantClaim: 'tenant_id',
      groupsClaim: 'groups',
      rolesClaim: 'roles',
      defaultScopes: [],
    },
    token,
    tenant: async (tenantId, claims = {}) =>
      `Bearer ${await token({ tenant_id: tenantId, scope: 'rag:read rag:write', sub: `${tenantId}-app`, ...claims })}`,
    staff: async (...roles) => `Bearer ${await token({ roles, sub: `${roles.join('-')}-person` })}`,
    get key() {
      return key
    },
    async rotate({ keepOld = false, kid } = {}) {
      key = await signingKey('ES256', kid)
      served = keepOld ? [...served, key] : [key]
    },
    async addKey(algorithm) {
      const further = await signingKey(algorithm)
      served = [...served, further]
      return further
    },
    get answer() {
      return answer
    },
    set answer(given) {
      answer = given
    },
    get fetches() {
      return fetches
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
