import type { Context } from 'hono'
import { deleteCookie, getSignedCookie, setSignedCookie } from 'hono/cookie'
import type { Role } from '../../../auth/principal.ts'

/** A signed-in person. */
export interface Session {
  readonly kind: 'session'
  /** New at each sign-in, so that a cookie planted before it is worth nothing after it. */
  readonly id: string
  readonly subject: string
  readonly name: string
  readonly roles: readonly Role[]
  /** Id of the issuer's key that signed the ID token. */
  readonly keyId: string | null
  /** How often its person had ended all sessions when it began. */
  readonly count: number
  readonly untilMs: number
}

/** A sign-in under way: ties the issuer's answer to the browser that asked. */
export interface SignInAttempt {
  readonly kind: 'attempt'
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** Path of the page that was asked for. */
  readonly returnTo: string
  readonly untilMs: number
}

const names = { session: 'console_session', attempt: 'console_sign_in' } as const
const lifetimeS = { session: 8 * 3600, attempt: 600 } as const

/** The console's cookies: signed (HMAC-SHA256), http-only, SameSite, and `__Host-` where the console is under https. */
export class Cookies {
  readonly #key: string
  readonly #isSecure: boolean

  constructor(key: string, isSecure: boolean) {
    this.#key = key
    this.#isSecure = isSecure
  }

  async write(context: Context, value: Omit<Session, 'untilMs'> | Omit<SignInAttempt, 'untilMs'>): Promise<void> {
    const maxAge = lifetimeS[value.kind]
    const text = Buffer.from(JSON.stringify({ ...value, untilMs: Date.now() + maxAge * 1000 })).toString('base64url')
    await setSignedCookie(context, names[value.kind], text, this.#key, { ...this.#options(), maxAge })
  }

  /** The session of a request; undefined without one that this deployment signed and that still holds. */
  session(context: Context): Promise<Session | undefined> {
    return this.#read<Session>(context, 'session')
  }

  attempt(context: Context): Promise<SignInAttempt | undefined> {
    return this.#read<SignInAttempt>(context, 'attempt')
  }

  forget(context: Context, kind: keyof typeof names): void {
    deleteCookie(context, names[kind], this.#options())
  }

  async #read<T extends Session | SignInAttempt>(context: Context, kind: T['kind']): Promise<T | undefined> {
    const text = this.#isSecure
      ? await getSignedCookie(context, this.#key, names[kind], 'host')
      : await getSignedCookie(context, this.#key, names[kind])
    if (typeof text !== 'string') return undefined
    const value = JSON.parse(Buffer.from(text, 'base64url').toString()) as T
    // The signature does not say which cookie it was made for.
    return value.kind === kind && value.untilMs > Date.now() ? value : undefined
  }

  #options() {
    const shared = { path: '/', httpOnly: true, sameSite: 'Lax' } as const
    return this.#isSecure ? { ...shared, secure: true, prefix: 'host' as const } : shared
  }
}
