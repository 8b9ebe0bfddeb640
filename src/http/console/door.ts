import type { Context } from 'hono'
import { type AppError, isAppError } from '../../errors.ts'
import { pathIn, sendHtml, themeOf } from './answer.ts'
import { signInPage } from './pages/door-pages.ts'
import { Cookies, type Session } from './session/cookies.ts'
import { SignIn, type SignInSettings } from './session/sign-in.ts'
import type { SignIns } from './session/sign-ins.ts'

export interface DoorSettings extends SignInSettings {
  /** Signs the cookies. */
  readonly cookieKey: string
  readonly signIns: SignIns
}

/** Where people come in: the pages before the sign-in, and the cookies that say who they are after it. */
export class Door {
  readonly settings: DoorSettings
  readonly #signIn: SignIn

  constructor(settings: DoorSettings) {
    this.settings = settings
    this.#signIn = new SignIn(settings)
  }

  /** The session of a request; undefined also when its person has ended all sessions since. */
  async session(context: Context): Promise<Session | undefined> {
    const session = await this.#cookies(context).session(context)
    if (session === undefined) return undefined
    return (await this.settings.signIns.countOf(session.subject)) === session.count ? session : undefined
  }

  forget(context: Context): void {
    this.#cookies(context).forget(context, 'session')
  }

  async show(context: Context, fault?: AppError): Promise<Response> {
    const isAway = fault?.code === 'identity_unavailable'
    const people = isAway ? [] : await this.#signIn.offered().catch(() => [])
    const page = signInPage(themeOf(context), { people, returnTo: pathIn(context.req.query('to')), fault })
    return sendHtml(context, fault === undefined ? 200 : isAway ? 503 : 401, page)
  }

  async begin(context: Context): Promise<Response> {
    const { url } = this.settings
    const { host, search } = new URL(context.req.url)
    // Cookies of another name would not come back with the issuer's answer, which goes to this one.
    if (url !== undefined && new URL(url).host !== host) return context.redirect(`${url}/console/sign-in${search}`, 303)
    return this.#orShow(context, async () => {
      const { attempt, address } = await this.#signIn.begin(context.req.url, {
        returnTo: pathIn(context.req.query('to')),
        hint: context.req.query('as'),
      })
      await this.#cookies(context).write(context, attempt)
      return context.redirect(address, 303)
    })
  }

  /** Takes the issuer's answer, and makes a session that no earlier cookie is part of. */
  finish(context: Context): Promise<Response> {
    return this.#orShow(context, async () => {
      const cookies = this.#cookies(context)
      const attempt = await cookies.attempt(context)
      cookies.forget(context, 'attempt')
      const session = await this.#signIn.finish(context.req.url, attempt)
      await cookies.write(context, { ...session, count: await this.settings.signIns.countOf(session.subject) })
      return context.redirect(attempt?.returnTo ?? '/console', 303)
    })
  }

  async #orShow(context: Context, work: () => Promise<Response>): Promise<Response> {
    try {
      return await work()
    } catch (error) {
      const isAboutSignIn = isAppError(error, 'unauthenticated') || isAppError(error, 'identity_unavailable')
      if (!isAboutSignIn) throw error
      return this.show(context, error)
    }
  }

  #cookies(context: Context): Cookies {
    const isSecure = (this.settings.url ?? context.req.url).startsWith('https:')
    return new Cookies(this.settings.cookieKey, isSecure)
  }
}
