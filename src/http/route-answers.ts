import type { Principal } from '../auth/principal.ts'
import type { AppError } from '../errors.ts'
import type { RouteMeter } from '../telemetry/http-meter.ts'
import { challenge } from './access.ts'
import { eventStream } from './event-stream.ts'
import type { HttpKit } from './kit.ts'
import { problemKinds, problemOf, toAppError } from './problem.ts'
import { type HeaderRecord, privateHeaders, problemResponse } from './reply.ts'
import type { AnyRoute, Reply } from './route.ts'
import type { ServedCall } from './served-call.ts'

interface Faulted {
  readonly requestId: string
  readonly principal: Principal | undefined
  readonly startedMs: number
  readonly moreHeaders: HeaderRecord | undefined
  readonly tokenSent: boolean
  /** Nobody is left to read the answer. */
  readonly gone: boolean
}

/** The answers of one route: replies, event streams and faults, each counted and, where it matters, logged. */
export class RouteAnswers {
  readonly #route: AnyRoute
  readonly #kit: HttpKit
  readonly #meter: RouteMeter
  readonly #slowMs: number

  constructor(route: AnyRoute, kit: HttpKit) {
    this.#route = route
    this.#kit = kit
    this.#meter = kit.meter.route(route.method.toUpperCase(), route.path)
    this.#slowMs = kit.slowMs ?? 1000
  }

  stepAuth(ms: number): void {
    this.#kit.meter.auth(ms)
  }

  /** One line a request, however many names were tried. */
  placesNamed(names: readonly string[], principal: Principal | undefined, requestId: string): void {
    this.#kit.meter.placesNamed(names.length)
    const some = names.slice(0, 10).map((name) => name.slice(0, 60))
    const fields = { requestId, ...whoOf(principal), path: this.#route.path, names: some, count: names.length }
    this.#kit.log.warn(fields, 'a caller tried to name a tenant or place; it was dropped')
  }

  reply(
    reply: Reply,
    call: ServedCall,
    { startedMs, moreHeaders, method }: { startedMs: number; moreHeaders: HeaderRecord | undefined; method: string },
  ): Response {
    if (reply.events !== undefined) return this.#stream(reply, call, startedMs, moreHeaders, method)
    const text = reply.json === undefined || typeof reply.json === 'string' ? reply.json : JSON.stringify(reply.json)
    const headers = privateHeaders(call.requestId, text === undefined ? undefined : 'application/json')
    if (moreHeaders !== undefined) Object.assign(headers, moreHeaders)
    if (reply.headers !== undefined) Object.assign(headers, reply.headers)
    this.#done(reply.status, startedMs, call.requestId, call.principal)
    return new Response(text ?? null, { status: reply.status, headers })
  }

  /** @returns a problem; what is not an AppError is logged with its cause and shown as `internal`. */
  fault(thrown: unknown, faulted: Faulted): Response {
    const error = toAppError(thrown)
    const { requestId, principal, startedMs } = faulted
    const { status } = problemKinds[error.code]
    const more: HeaderRecord = { ...faulted.moreHeaders }
    if (error.code === 'unauthenticated' || error.code === 'forbidden') {
      more['www-authenticate'] = challenge(error.code, this.#route.access, faulted.tokenSent)
    }
    if (!faulted.gone) {
      this.#kit.meter.error(error.code)
      if (status >= 500) this.#logFault(error, requestId, principal)
    }
    this.#done(faulted.gone ? 499 : status, startedMs, requestId, principal)
    return problemResponse(error, requestId, more)
  }

  #stream(
    reply: Reply,
    call: ServedCall,
    startedMs: number,
    moreHeaders: HeaderRecord | undefined,
    method: string,
  ): Response {
    const headers = privateHeaders(call.requestId, 'text/event-stream; charset=utf-8')
    headers['x-accel-buffering'] = 'no' // nginx would otherwise hold events back
    Object.assign(headers, moreHeaders, reply.headers)
    if (method === 'HEAD' || reply.events === undefined) return new Response(null, { status: reply.status, headers })
    const body = eventStream(reply.events, {
      stop: this.#kit.draining,
      onError: (thrown) => {
        const error = toAppError(thrown)
        this.#kit.meter.error(error.code)
        if (problemKinds[error.code].status >= 500) this.#logFault(error, call.requestId, call.principal)
        return problemOf(error, call.requestId)
      },
      onEnd: () => {
        call.abort(new DOMException('The stream has ended.', 'AbortError'))
        this.#done(reply.status, startedMs, call.requestId, call.principal)
      },
    })
    return new Response(body, { status: reply.status, headers })
  }

  #logFault(error: AppError, requestId: string, principal: Principal | undefined): void {
    const fields = {
      requestId,
      code: error.code,
      ...whoOf(principal),
      path: this.#route.path,
      err: error.cause ?? error,
    }
    if (error.code === 'internal') this.#kit.log.error(fields, 'unexpected fault')
    else this.#kit.log.warn(fields, error.message)
  }

  /** A line a request at `debug`; at `info` those that someone will ask about: slow ones and what staff changed. */
  #done(status: number, startedMs: number, requestId: string, principal: Principal | undefined): void {
    const ms = performance.now() - startedMs
    this.#meter.done(status, ms, principal?.kind === 'tenant' ? principal.tenantId : undefined)
    const change = principal?.kind === 'staff' && this.#route.method !== 'get'
    const level = change || ms >= this.#slowMs ? 'info' : 'debug'
    const { log } = this.#kit
    if (!log.isLevelEnabled(level)) return
    const { method, path } = this.#route
    log[level]({ requestId, ...whoOf(principal), method, path, status, ms: Math.round(ms * 10) / 10 }, 'served')
  }
}

function whoOf(principal: Principal | undefined): Record<string, unknown> {
  if (principal === undefined) return {}
  return principal.kind === 'tenant'
    ? { tenantId: principal.tenantId, subject: principal.subject }
    : { subject: principal.subject, roles: [...principal.roles] }
}
