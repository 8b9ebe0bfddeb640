import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose'
import { AppError } from '../errors.ts'
import { principalOf } from './principal-of.ts'
import { algorithms, skewS, type TokenVerifierOptions } from './token-verifier.ts'

/** A reason for which a token is refused, and what mends it. */
export interface TokenFault {
  readonly wrong: string
  readonly fix: string
}

/**
 * Every fault of a token that its text shows, where a verifier stops at the first one. It says nothing of the signature.
 * Values of claims are shown: this is for the operator, who has both the token and the settings.
 *
 * @param keyIds ids of the issuer's keys; undefined: they could not be read.
 */
export function examineToken(
  token: string,
  settings: Pick<
    TokenVerifierOptions,
    'issuer' | 'audience' | 'tenantClaim' | 'groupsClaim' | 'rolesClaim' | 'defaultScopes'
  >,
  keyIds: readonly string[] | undefined,
  nowMs: number,
): readonly TokenFault[] {
  let alg: unknown
  let kid: unknown
  let payload: JWTPayload
  try {
    ;({ alg, kid } = decodeProtectedHeader(token))
    payload = decodeJwt(token)
  } catch {
    return [
      {
        wrong: 'is no JWT, which has three parts separated by dots',
        fix: 'Give the access token whole, and nothing else.',
      },
    ]
  }
  const faults: TokenFault[] = []
  if (!algorithms.some((one) => one === alg)) {
    faults.push({
      wrong: `is signed by ${shown(alg)}, which is not accepted`,
      fix: `Have it signed by one of ${algorithms.join(', ')}.`,
    })
  }
  if (kid !== undefined && keyIds !== undefined && !keyIds.some((id) => id === kid)) {
    const fix =
      'Fetch a token of the issuer whose keys JWT_JWKS_URL serves, or set JWT_JWKS_URL to the keys of this one.'
    faults.push({ wrong: `is signed by the key ${shown(kid)}, which the key set does not have`, fix })
  }
  faults.push(...ofIssuer(payload, settings), ...ofTimes(payload, nowMs / 1000))
  try {
    principalOf(payload, settings)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const names = Object.keys(payload).slice(0, 30).map(shown).join(', ')
    const fix = `Its claims are ${names}: have the issuer add what is missing, or set JWT_TENANT_CLAIM, JWT_ROLES_CLAIM, JWT_GROUPS_CLAIM (docs/identity.md).`
    faults.push({ wrong: error.message, fix })
  }
  return faults
}

function ofIssuer({ iss, aud }: JWTPayload, { issuer, audience }: { issuer: string; audience: string }): TokenFault[] {
  const faults: TokenFault[] = []
  if (iss !== issuer) {
    const isSlash = typeof iss === 'string' && iss.replace(/\/$/, '') === issuer.replace(/\/$/, '')
    const fix = isSlash
      ? `The slash at the end counts: set JWT_ISSUER to ${shown(iss)}.`
      : 'Fetch a token of that issuer, or set JWT_ISSUER to the claim, letter by letter.'
    faults.push({ wrong: `its issuer (iss) is ${shown(iss)}, and JWT_ISSUER is ${shown(issuer)}`, fix })
  }
  if (!(Array.isArray(aud) ? aud : [aud]).some((one) => one === audience)) {
    const fix = 'Ask the issuer for a token with that audience, or set JWT_AUDIENCE to the claim.'
    faults.push({ wrong: `its audience (aud) is ${shown(aud)}, and JWT_AUDIENCE is ${shown(audience)}`, fix })
  }
  return faults
}

function ofTimes({ exp, nbf }: JWTPayload, nowS: number): TokenFault[] {
  const faults: TokenFault[] = []
  if (typeof exp !== 'number') {
    faults.push({ wrong: 'has no end (exp)', fix: 'Have its issuer add the claim exp.' })
  } else if (exp <= nowS - skewS) {
    faults.push({ wrong: `has expired ${minutes(nowS - exp)} ago (exp)`, fix: 'Fetch a new one from its issuer.' })
  }
  if (nbf !== undefined && (typeof nbf !== 'number' || nbf > nowS + skewS)) {
    const wrong = `is not valid yet (nbf is ${shown(nbf)})`
    faults.push({ wrong, fix: 'Wait, or correct the clock of its issuer or of this machine.' })
  }
  return faults
}

function minutes(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  return (JSON.stringify(value) ?? String(value)).slice(0, 200)
}
