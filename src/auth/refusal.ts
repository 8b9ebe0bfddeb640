import { errors } from 'jose'
import { AppError } from '../errors.ts'

/** The issuer's keys cannot be read, so the token cannot be checked. */
export class IssuerUnreachable extends Error {
  override readonly name = 'IssuerUnreachable'
}

/** Explains to the token's owner why it is refused: enough to fix it, nothing that helps to forge one. */
export function refusal(error: unknown): AppError {
  if (unreachable(error)) {
    const words = 'The keys of the token issuer cannot be read at the moment; try again.'
    return new AppError('identity_unavailable', words, { cause: error })
  }
  return new AppError('unauthenticated', reason(error), { cause: error })
}

function unreachable(error: unknown): boolean {
  return (
    error instanceof IssuerUnreachable ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    // jose's plain JOSEError: the key set's answer was not one.
    (error instanceof errors.JOSEError && error.code === errors.JOSEError.code)
  )
}

function reason(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired (`exp`); fetch a new one from its issuer.'
  if (error instanceof errors.JWTClaimValidationFailed) return claimReason(error)
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return 'The token is signed with an algorithm that is not accepted (`alg`); sign with RS, PS or ES 256 to 512, or EdDSA.'
  }
  if (error instanceof errors.JOSENotSupported) {
    return "The token's header asks for an unsupported extension (`crit` or `alg`); have it issued without."
  }
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) {
    return "The token's signature does not match the issuer's keys; send it unchanged, from the issuer that this service trusts."
  }
  return 'This is no JWT, which has three parts separated by dots; send the whole access token and nothing else.'
}

/** Names the failed check, but not a value that would pass it. */
function claimReason({ claim, reason: why }: errors.JWTClaimValidationFailed): string {
  if (why === 'missing') return `The token has no claim \`${claim}\`; have its issuer add it.`
  switch (claim) {
    case 'nbf':
      return "The token is not valid yet (`nbf`); wait, or correct its issuer's clock."
    case 'iss':
      return 'The token is from another issuer (`iss`) than the one this service trusts; fetch one from that issuer.'
    case 'aud':
      return 'The token is for another audience (`aud`); ask its issuer for one for this service.'
    default:
      return `The token's claim \`${claim}\` has the wrong type; have its issuer correct it.`
  }
}
