import type { IncomingMessage } from 'node:http'
import type { Context } from 'hono'
import type { Logger } from 'pino'
import { AppError } from '../../errors.ts'
import { problemKinds, toAppError } from '../pipeline/problem.ts'
import type { AnyRoute } from '../pipeline/route.ts'
import { requestIdFor, sendHtml, sendResult, themeOf } from './answer.ts'
import type { Door } from './door.ts'
import { type Caller, StaffApi, StaffRoutes } from './kit/staff-api.ts'
import type { TryQuery } from './kit/try-query.ts'
import { type ConsolePage, FormFields, type Visit } from './kit/visit.ts'
import { faultPage, faultPart } from './pages/door-pages.ts'
import { pagesFor } from './parts/site-map.ts'
import { checkCsrf, csrfField, csrfToken } from './session/csrf.ts'

export interface InsideDeps {
  /** The admin listener's own routes: the console calls them as the person who is signed in. */
  readonly routes: readonly AnyRoute[]
  readonly log: Logger
  /** Asks in a tenant's place, for the platform team. */
  readonly tryQuery?: TryQuery | undefined
  /** Fires when the service accepts no more connections: live pages then end. */
  readonly streamsEnd: AbortSignal
}

/** The pages behind the sign-in: each request becomes a visit of a known person, or goes to the door. */
export class Inside {
  readonly #deps: InsideDeps
  readonly #door: Door
  readonly #routes: StaffRoutes

  constructor(deps: InsideDeps, door: Door) {
    this.#deps = deps
    this.#door = door
    this.#routes = new StaffRoutes(deps.routes)
  }

  async serve(page: ConsolePage, context: Context): Promise<Response> {
    const visit = await this.#visit(context)
    return visit === undefined ? this.#toDoor(context) : sendResult(context, await page.show(visit))
  }

  async home(context: Context): Promise<Response> {
    const visit = await this.#visit(context)
    if (visit === undefined) return this.#toDoor(context)
    return context.redirect(pagesFor(visit)[0]?.path ?? '/console/tenants', 303)
  }

  async leave(context: Context): Promise<Response> {
    const visit = await this.#visit(context)
    if (visit !== undefined) {
      if (visit.form.text('everywhere') === 'true') {
        await this.#door.settings.signIns.endAll(this.#callerOf(context, visit.session))
      }
      this.#door.forget(context)
    }
    return context.redirect('/console/sign-in', 303)
  }

  async missing(context: Context): Promise<Response> {
    if ((await this.#door.session(context)) === undefined) return this.#toDoor(context)
    throw new AppError('not_found', 'The console has no such page.', { shown: true })
  }

  /** A fault as a page, or as a part of one where htmx asked for a part. */
  async fault(thrown: unknown, context: Context): Promise<Response> {
    const error = toAppError(thrown, context.req.method === 'POST')
    const requestId = requestIdFor(context)
    if (error.code === 'internal') this.#deps.log.error({ requestId, err: error.cause }, 'unexpected fault')
    const { status } = problemKinds[error.code]
    const session = await this.#door.session(context).catch(() => undefined)
    const visit = session && this.#visitOf(context, session, {})
    const page = visit?.isPart
      ? faultPart(visit, error, requestId)
      : faultPage(visit, themeOf(context), error, requestId)
    return sendHtml(context, status, page)
  }

  /** The signed-in person's request. @throws AppError `origin_refused` for a form that another page sent */
  async #visit(context: Context): Promise<Visit | undefined> {
    const session = await this.#door.session(context)
    if (session === undefined) return undefined
    if (context.req.method !== 'POST') return this.#visitOf(context, session, {})
    const form = await context.req.parseBody({ all: true })
    const { cookieKey, url } = this.#door.settings
    checkCsrf(context, form[csrfField], csrfToken(cookieKey, session), url)
    return this.#visitOf(context, session, form)
  }

  #visitOf(context: Context, session: Visit['session'], form: Readonly<Record<string, unknown>>): Visit {
    const caller = this.#callerOf(context, session)
    const { roles } = caller.principal
    const { signal } = caller
    const { tryQuery } = this.#deps
    const mayTry = roles.has('platform') && tryQuery !== undefined
    return {
      context,
      session,
      api: new StaffApi(this.#routes, caller),
      tryQuery: mayTry ? (question) => tryQuery(caller, question) : undefined,
      csrf: csrfToken(this.#door.settings.cookieKey, session),
      signal,
      isPlain: !roles.has('platform') && !roles.has('auditor'),
      theme: themeOf(context),
      isPart: context.req.header('hx-request') === 'true' && context.req.header('hx-request-type') === 'partial',
      query: (name) => context.req.query(name)?.trim() || undefined,
      form: new FormFields(form),
    }
  }

  #callerOf(context: Context, { subject, keyId, roles }: Visit['session']): Caller {
    const requestId = requestIdFor(context)
    const incoming = (context.env as { incoming?: IncomingMessage } | undefined)?.incoming
    return {
      principal: { kind: 'staff', subject, roles: new Set(roles), ...(keyId !== null && { keyId }) },
      log: this.#deps.log.child({ requestId }),
      requestId,
      address: incoming?.socket?.remoteAddress,
      signal: AbortSignal.any([context.req.raw.signal, this.#deps.streamsEnd]),
    }
  }

  /** Sends somebody without a session to the sign-in, and back to the page afterwards. */
  async #toDoor(context: Context): Promise<Response> {
    // A part of a page can't be replaced by the sign-in, so the whole page goes there.
    if (context.req.header('hx-request') === 'true')
      return sendHtml(context, 401, '', { 'hx-redirect': '/console/sign-in' })
    const { pathname, search } = new URL(context.req.url)
    const to = context.req.method === 'GET' ? `?to=${encodeURIComponent(pathname + search)}` : ''
    return context.redirect(`/console/sign-in${to}`, 303)
  }
}
