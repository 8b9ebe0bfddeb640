import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import type { Role, Scope } from '../auth/principal.ts'
import type { DevelopmentPerson } from './people.ts'

/** The claims that the service expects; the same in `npm start` and in `tenant-router token`. */
export interface IssuerSettings {
  readonly issuer: string
  readonly audience: string
  readonly tenantClaim: string
  readonly groupsClaim: string
  readonly rolesClaim: string
}

export type TokenRequest =
  | {
      readonly tenant: string
      readonly groups?: readonly string[]
      readonly scopes?: readonly Scope[]
      readonly ttlS?: number
    }
  | { readonly role: Role; readonly ttlS?: number }

export interface DevelopmentIssuer {
  /** The `iss` of its tokens. */
  readonly name: string
  /** Signs the ID token of a person who signs in to a client. */
  identify(
    person: DevelopmentPerson,
    options: { readonly clientId: string; readonly nonce: string | undefined },
  ): Promise<string>
  /** Signs a token, by default with both scopes and valid for twelve hours. */
  mint(request: TokenRequest): Promise<string>
  /** The public half of the key. */
  readonly jwks: { readonly keys: readonly JWK[] }
}

const keyFile = 'issuer-key.json'
const algorithm = 'ES256'

/** Whether `npm start` has made an issuer in this data folder. */
export async function hasIssuer(folder: string): Promise<boolean> {
  return (await readFile(join(folder, keyFile)).catch(() => undefined)) !== undefined
}

/** An identity provider for development: a key kept in the data folder, so that tokens outlive a restart. */
export async function openIssuer(folder: string, settings: IssuerSettings): Promise<DevelopmentIssuer> {
  const jwk = await readOrMakeKey(folder)
  const key = await importJWK(jwk, algorithm)
  const { d: _private, ...publicJwk } = jwk
  const begun = (claims: Record<string, unknown>) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) })
      .setIssuer(settings.issuer)
  return {
    name: settings.issuer,
    jwks: { keys: [publicJwk] },
    identify: ({ id, name, role }, { clientId, nonce }) =>
      begun({ [settings.rolesClaim]: [role], name, ...(nonce !== undefined && { nonce }) })
        .setAudience(clientId)
        .setSubject(`${id}@development`)
        .setIssuedAt()
        .setExpirationTime('10 minutes')
        .sign(key),
    mint: (request) =>
      begun(claimsOf(request, settings))
        .setAudience(settings.audience)
        .setSubject('tenant' in request ? `app-of-${request.tenant}` : `${request.role}@development`)
        .setIssuedAt()
        .setExpirationTime(`${request.ttlS ?? 12 * 3600} s`)
        .sign(key),
  }
}

function claimsOf(request: TokenRequest, settings: IssuerSettings): Record<string, unknown> {
  if ('role' in request) return { [settings.rolesClaim]: [request.role] }
  return {
    [settings.tenantClaim]: request.tenant,
    scope: (request.scopes ?? ['rag:read', 'rag:write']).join(' '),
    ...(request.groups === undefined ? {} : { [settings.groupsClaim]: request.groups }),
  }
}

async function readOrMakeKey(folder: string): Promise<JWK> {
  const path = join(folder, keyFile)
  const found = await readFile(path, 'utf8').catch(() => undefined)
  if (found !== undefined) return JSON.parse(found)
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), alg: algorithm, use: 'sig' }
  const whole = { ...jwk, kid: await calculateJwkThumbprint(jwk) }
  await mkdir(folder, { recursive: true })
  await writeFile(`${path}.new`, JSON.stringify(whole), { mode: 0o600 })
  await rename(`${path}.new`, path)
  return whole
}
