import * as oidc from 'openid-client'
import type { Role } from '../../../auth/principal.ts'
import { type Claims, principalOf } from '../../../auth/principal-of.ts'
import { AppError, isAppError } from '../../../errors.ts'
import type { Session, SignInAttempt } from './cookies.ts'

export interface SignInSettings {
  readonly clientId: string
  readonly clientSecret?: string | undefined
  readonly discoveryUrl: string
  /** Origin by which browsers reach the console, where the requests' own does not say it. */
  readonly url?: string | undefined
  /** The issuer of staff tokens; metadata of another one is refused. */
  readonly issuer: string
  readonly claims: Claims
}

/** A session as the issuer's answer begins it. */
export type SignedIn = Omit<Session, 'untilMs' | 'count'>

/** A person that an issuer for development lets in without a password. */
export interface OfferedPerson {
  readonly hint: string
  readonly label: string
}

export const callbackPath = '/console/signed-in'
const discoveryTimeoutS = 5

/** Sign-in of staff by the issuer of their tokens: OpenID Connect's code flow with PKCE. */
export class SignIn {
  readonly #settings: SignInSettings
  #client: Promise<oidc.Configuration> | undefined

  constructor(settings: SignInSettings) {
    this.#settings = settings
  }

  /**
   * Begins a sign-in. @returns the address at the issuer, and what the browser keeps until it comes back.
   * @throws AppError `identity_unavailable`
   */
  async begin(
    requestUrl: string,
    wanted: { readonly returnTo: string; readonly hint: string | undefined },
  ): Promise<{ readonly address: string; readonly attempt: Omit<SignInAttempt, 'untilMs'> }> {
    const client = await this.#open()
    const state = oidc.randomState()
    const nonce = oidc.randomNonce()
    const verifier = oidc.randomPKCECodeVerifier()
    const address = oidc.buildAuthorizationUrl(client, {
      redirect_uri: this.#callback(requestUrl).href,
      scope: 'openid profile email',
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(wanted.hint !== undefined && { login_hint: wanted.hint }),
    })
    return { address: address.href, attempt: { kind: 'attempt', state, nonce, verifier, returnTo: wanted.returnTo } }
  }

  /**
   * Reads the issuer's answer.
   * @throws AppError `unauthenticated` for an answer that this browser did not ask for, or that does not verify;
   *   `identity_unavailable`
   */
  async finish(requestUrl: string, attempt: SignInAttempt | undefined): Promise<SignedIn> {
    if (attempt === undefined) {
      throw new AppError(
        'unauthenticated',
        'This sign-in was not begun in this browser, or took too long. Sign in again.',
      )
    }
    const client = await this.#open()
    const address = this.#callback(requestUrl)
    address.search = new URL(requestUrl).search
    const checks = {
      pkceCodeVerifier: attempt.verifier,
      expectedState: attempt.state,
      expectedNonce: attempt.nonce,
      idTokenExpected: true,
    }
    const tokens = await oidc.authorizationCodeGrant(client, address, checks).catch((cause: unknown) => {
      throw faultOf(cause)
    })
    return sessionOf(tokens, this.#settings.claims)
  }

  /** Those whom the issuer offers by a click: only one for development does. */
  async offered(): Promise<readonly OfferedPerson[]> {
    const client = await this.#open()
    const people: unknown = client.serverMetadata().development_people
    return Array.isArray(people) ? (people as readonly OfferedPerson[]) : []
  }

  #callback(requestUrl: string): URL {
    return new URL(callbackPath, this.#settings.url ?? new URL(requestUrl).origin)
  }

  /** The issuer's metadata, read once; a failed reading is tried again by the next sign-in. */
  #open(): Promise<oidc.Configuration> {
    this.#client ??= this.#discover().catch((cause: unknown) => {
      this.#client = undefined
      throw isAppError(cause) ? cause : faultOf(cause)
    })
    return this.#client
  }

  async #discover(): Promise<oidc.Configuration> {
    const { discoveryUrl, clientId, clientSecret, issuer } = this.#settings
    const address = new URL(discoveryUrl)
    const execute = [oidc.enableNonRepudiationChecks]
    // An issuer for development runs beside the service, without a certificate.
    if (address.protocol === 'http:') execute.push(oidc.allowInsecureRequests)
    const auth = clientSecret === undefined ? oidc.None() : oidc.ClientSecretPost(clientSecret)
    const client = await oidc.discovery(address, clientId, clientSecret, auth, { execute, timeout: discoveryTimeoutS })
    if (client.serverMetadata().issuer === issuer) return client
    const found = `CONSOLE_DISCOVERY_URL describes ${client.serverMetadata().issuer}, and JWT_ISSUER is ${issuer}.`
    throw new AppError('identity_unavailable', `${found} Have its operator set the one that belongs to the other.`)
  }
}

type Tokens = Awaited<ReturnType<typeof oidc.authorizationCodeGrant>>

function sessionOf(tokens: Tokens, claims: Claims): SignedIn {
  const payload = tokens.claims()
  if (payload === undefined) throw new AppError('unauthenticated', 'The issuer gave no ID token.')
  const principal = principalOf(payload, claims)
  if (principal.kind !== 'staff') {
    throw new AppError('unauthenticated', 'This account belongs to a tenant. The console is for staff.')
  }
  const { name, email } = payload
  const shown = [name, email].find((claim) => typeof claim === 'string' && claim !== '') ?? principal.subject
  return {
    kind: 'session',
    id: crypto.randomUUID(),
    subject: principal.subject,
    name: String(shown).slice(0, 80),
    roles: [...principal.roles] satisfies readonly Role[],
    keyId: keyIdOf(tokens.id_token),
  }
}

function keyIdOf(token: string | undefined): string | null {
  const header = JSON.parse(Buffer.from(token?.split('.')[0] ?? '', 'base64url').toString() || '{}')
  return typeof header.kid === 'string' ? header.kid : null
}

/** Tells an issuer that refuses from one that does not answer. */
function faultOf(cause: unknown): AppError {
  const refused = cause instanceof oidc.AuthorizationResponseError || cause instanceof oidc.ResponseBodyError
  const wrong = cause instanceof oidc.ClientError && /^OAUTH_(INVALID|JWT|JSON|RESPONSE_IS_NOT)/.test(cause.code ?? '')
  if (refused || wrong) {
    return new AppError('unauthenticated', 'The issuer did not confirm this sign-in. Sign in again.', { cause })
  }
  return new AppError('identity_unavailable', 'The issuer of staff accounts does not answer. Try again.', { cause })
}
