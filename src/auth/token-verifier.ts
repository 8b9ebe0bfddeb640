import { hash } from 'node:crypto'
import {
  errors,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
  type ResolvedKey,
} from 'jose'
import { LRUCache } from 'lru-cache'
import { type Clock, systemClock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { KeyVerifier } from './key-verifier.ts'
import type { Principal, Scope } from './principal.ts'
import { type Claims, principalOf } from './principal-of.ts'
import { refusal } from './refusal.ts'
import { ServedKeys } from './served-keys.ts'
import { isTenantKey } from './tenant-key.ts'

export interface TokenVerifierOptions {
  readonly issuer: string
  readonly audience: string
  readonly jwksUrl: string
  readonly tenantClaim: string
  readonly groupsClaim: string
  readonly rolesClaim: string
  /** Scopes of a tenant token without a scope claim. */
  readonly defaultScopes: readonly Scope[]
  readonly now?: () => Date
  /** Verified tokens remembered, at most. Default 10,000. */
  readonly maxRemembered?: number
  /** Interval between fetches of the issuer's keys. Default 5 minutes. */
  readonly refreshMs?: number
  /** Between two fetches that unknown keys trigger; their tokens wait for the next one. Default 1 s. */
  readonly cooldownMs?: number
  /** Limit of one fetch of the keys, its body included. Default 5 s. */
  readonly keysTimeoutMs?: number
  readonly clock?: Clock
  readonly onRemembered?: (found: boolean) => void
  /** Verifies credentials that are tenant keys; without it there are none. */
  readonly keys?: KeyVerifier
}

export interface TokenVerifier extends Disposable {
  /**
   * Returns the caller, without waiting when the token was verified before.
   * @param authorization the header's value, `Bearer <token>`; a tenant key may stand for the token.
   * @throws AppError `unauthenticated` with a reason that reveals no secret; `identity_unavailable` when the issuer's
   *   keys cannot be read: a token that cannot be checked never passes.
   */
  verify(authorization: string | undefined): Principal | Promise<Principal>
  /** Fetches the issuer's keys again and forgets tokens whose keys are gone. */
  refresh(): Promise<void>
}

/** RS, PS and ES of each size, and EdDSA: nothing unsigned, nothing symmetric (RFC 8725, section 3.1). */
export const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

/** Tolerated difference of clocks, both ways. */
export const skewS = 30
/** Node accepts 16 KiB of headers in all; nothing near that is a token. */
const tokenMaxLength = 12_000

interface Remembered {
  readonly principal: Principal
  readonly expiresMs: number
  readonly thumbprint: string
}

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const now = options.now ?? (() => new Date())
  const remembered = new LRUCache<string, Remembered>({ max: options.maxRemembered ?? 10_000 })
  const claims: Claims = options
  const keys = new ServedKeys({
    url: options.jwksUrl,
    refreshMs: options.refreshMs ?? 300_000,
    cooldownMs: options.cooldownMs ?? 1000,
    timeoutMs: options.keysTimeoutMs ?? 5000,
    clock: options.clock ?? systemClock,
    onChanged: (served) => {
      for (const [digest, { thumbprint }] of remembered.entries()) {
        if (!served.has(thumbprint)) remembered.delete(digest)
      }
    },
  })

  const verifyAnew = async (token: string, digest: string): Promise<Principal> => {
    const { payload, key, protectedHeader } = await verified(token)
    const caller = principalOf(payload, claims)
    const thumbprint = await keys.thumbprint(key)
    const principal = caller.kind === 'staff' ? { ...caller, keyId: protectedHeader.kid ?? thumbprint } : caller
    const expiresMs = (payload.exp ?? 0) * 1000
    // The clock skew lets a token in a little longer but is nothing to be remembered by.
    if (expiresMs > now().getTime() && keys.serves(thumbprint)) {
      remembered.set(digest, { principal, expiresMs, thumbprint })
    }
    return principal
  }

  const verified = async (token: string): Promise<JWTVerifyResult & ResolvedKey> => {
    const rules = {
      algorithms,
      issuer: options.issuer,
      audience: options.audience,
      requiredClaims: ['exp'],
      clockTolerance: skewS,
      currentDate: now(),
    }
    try {
      return await verifyWithServedKeys(token, keys.find, rules)
    } catch (error) {
      throw refusal(error)
    }
  }

  return {
    verify(authorization) {
      const token = bearer(authorization)
      if (options.keys !== undefined && isTenantKey(token)) return options.keys(token)
      const digest = hash('sha256', token, 'base64url')
      const known = remembered.get(digest)
      if (known !== undefined) {
        if (known.expiresMs > now().getTime()) {
          options.onRemembered?.(true)
          return known.principal
        }
        remembered.delete(digest)
      }
      options.onRemembered?.(false)
      return verifyAnew(token, digest)
    },
    refresh: () => keys.refresh(),
    [Symbol.dispose]: () => keys[Symbol.dispose](),
  }
}

/** Tries a token that names no key with each key that fits: during a rotation there may be two. */
async function verifyWithServedKeys(
  token: string,
  find: JWTVerifyGetKey,
  rules: JWTVerifyOptions,
): Promise<JWTVerifyResult & ResolvedKey> {
  try {
    return await jwtVerify(token, find, rules)
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    for await (const key of error) {
      try {
        return { ...(await jwtVerify(token, key, rules)), key }
      } catch (each) {
        if (!(each instanceof errors.JWSSignatureVerificationFailed)) throw each
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

/** RFC 6750, section 2.1. */
function bearer(authorization: string | undefined): string {
  if (authorization === undefined) {
    throw new AppError('unauthenticated', 'There is no token; send it as `Authorization: Bearer <token>`.')
  }
  const scheme = authorization.slice(0, 7)
  const token = scheme === 'Bearer ' || scheme.toLowerCase() === 'bearer ' ? authorization.slice(7).trim() : ''
  if (token === '' || token.length > tokenMaxLength) {
    throw new AppError('unauthenticated', 'The Authorization header is not `Bearer <token>`.')
  }
  return token
}
