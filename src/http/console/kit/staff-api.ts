import type { Logger } from 'pino'
import type { StaffPrincipal } from '../../../auth/principal.ts'
import { AppError } from '../../../errors.ts'
import { checkAccess } from '../../pipeline/access.ts'
import type { AnyRoute, Reply } from '../../pipeline/route.ts'
import { type FieldCheck, fieldCheck } from '../../request/check-fields.ts'

/** A route of the admin listener as OpenAPI names it: `GET /tenants/{id}`. */
export type RouteName = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`

export interface StaffCall {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
  /** Why, for the audit. */
  readonly note?: string | undefined
}

interface KnownRoute {
  readonly route: AnyRoute
  readonly checkParams: FieldCheck
  readonly checkQuery: FieldCheck
  readonly checkBody: FieldCheck
}

/** The routes of the admin listener by name, with the checks of their fields. */
export class StaffRoutes {
  readonly #routes: ReadonlyMap<string, KnownRoute>

  constructor(routes: readonly AnyRoute[]) {
    this.#routes = new Map(
      routes.map((route) => [
        `${route.method.toUpperCase()} ${route.path}`,
        {
          route,
          checkParams: fieldCheck(route.params),
          checkQuery: fieldCheck(route.query),
          checkBody: fieldCheck(route.body),
        },
      ]),
    )
  }

  find(name: RouteName): KnownRoute | undefined {
    return this.#routes.get(name)
  }
}

export interface Caller {
  readonly principal: StaffPrincipal
  readonly log: Logger
  readonly requestId: string
  readonly address: string | undefined
  readonly signal: AbortSignal
}

/**
 * The admin API as the signed-in person may call it. The console's pages do everything by it, so that roles, checks of
 * fields and the audit are those of the API, and nothing of a verb is written twice.
 */
export class StaffApi {
  readonly #routes: StaffRoutes
  readonly #caller: Caller

  constructor(routes: StaffRoutes, caller: Caller) {
    this.#routes = routes
    this.#caller = caller
  }

  /** Whether this person may call a route; false also where the service has no such route. */
  may(name: RouteName): boolean {
    const access = this.#routes.find(name)?.route.access
    return access?.kind === 'staff' && access.roles.some((role) => this.#caller.principal.roles.has(role))
  }

  /** Calls a route; the answer's body is in the form that its schema says. @throws AppError as the route does */
  async ask<T>(name: RouteName, call: StaffCall = {}): Promise<T> {
    const { json } = await this.reply(name, call)
    // What a handler gives is what goes over the wire only once it is written: a Date is a text there.
    return JSON.parse(typeof json === 'string' ? json : JSON.stringify(json ?? null)) as T
  }

  /** Like `ask`, with status and headers. */
  async reply(name: RouteName, { params, query, body, note }: StaffCall = {}): Promise<Reply> {
    const known = this.#routes.find(name)
    if (known === undefined) throw new Error(`the console calls ${name}, which is no route`)
    const { route, checkParams, checkQuery, checkBody } = known
    const { principal, log, requestId, address, signal } = this.#caller
    if (route.access.kind !== 'staff') throw new Error(`the console calls ${name}, which is not for staff`)
    checkAccess(route.access, principal)
    const origin = { requestId, ...(address !== undefined && { address }), ...(note !== undefined && { note }) }
    return route.handle({
      principal: { ...principal, origin: { ...origin } },
      params: route.params === undefined ? undefined : checkParams(params ?? {}, undefined),
      query: checkQuery(defined(query), undefined),
      body: route.body === undefined ? undefined : checkBody(body ?? {}, undefined),
      form: undefined,
      signal,
      requestId,
      log,
      header: () => undefined,
    })
  }
}

/** Fields with a value: an empty field of a form is one that was not filled in. */
function defined(query: StaffCall['query'] = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]])),
  )
}

/** The note that a form carries; one that is too long is refused. @throws AppError `invalid_request` */
export function noteOf(text: string | undefined): string | undefined {
  const note = text?.trim().replaceAll(/\s+/g, ' ')
  if (note === undefined || note === '') return undefined
  if (note.length > 500) throw new AppError('invalid_request', 'The reason may have up to 500 characters.')
  return note
}
