import { errors } from 'jose'
import { AppError } from '../errors.ts'

/** The issuer's keys cannot be read: nothing is known of the token. */
export class IssuerUnreachable extends Error {
  override readonly name = 'IssuerUnreachable'
}

/** Why a token does not pass, in words for its owner: enough to mend it, nothing that helps to forge one. */
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
  if (error instanceof errors.JWTExpired) return 'The token has expired.'
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf') return 'The token is not valid yet.'
    return `The token's claim \`${error.claim}\` is missing or is not what is expected here.`
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'The token is signed with an algorithm that is not taken.'
  if (error instanceof errors.JOSENotSupported) return 'The token is signed in a way that is not taken.'
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) {
    return "The token's signature does not verify with the issuer's keys."
  }
  return 'The token does not verify.'
}
