import type { Principal } from '../auth/principal.ts'
import type { AppError, ErrorCode } from '../errors.ts'
import type { RouteMeter } from '../telemetry/http-meter.ts'
import type { Span } from '../telemetry/tracer.ts'
import { challenge } from './access.ts'
import { eventStream } from './event-stream.ts'
import type { Admission, HttpKit } from './kit.ts'
import { problemKinds, problemOf, toAppError } from './problem.ts'
import { addHeaders, type HeaderRecord, privateHeaders, problemResponse } from './reply.ts'
import type { AnyRoute, Reply } from './route.ts'
import type { ServedCall } from './served-call.ts'

/** One request, as far as its answer needs to know. */
export interface Visit {
  readonly startedMs: number
  readonly requestId: string
  readonly span: Span | undefined
  principal: Principal | undefined
  /** Of a tenant's request that was counted; until the request is done. */
  admission: Admission | undefined
}

interface FaultOptions {
  /** The header as it was sent. */
  readonly authorization: string | undefined
  readonly gone: boolean
}

const never = new AbortController().signal

/** Refusals that are part of normal work: counted, and logged no louder than any answer. */
const expected = new Set<ErrorCode>(['writes_held', 'tenant_not_ready', 'shutting_down'])

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

  begin(requestId: string, headers: Headers): Visit {
    const { method, path } = this.#route
    const span = this.#kit.tracer?.start(`${method.toUpperCase()} ${path}`, headers.get('traceparent') ?? undefined)
    return { startedMs: performance.now(), requestId, span, principal: undefined, admission: undefined }
  }

  /** The token has been looked at. */
  known({ startedMs }: Visit): void {
    this.#kit.meter.auth(performance.now() - startedMs)
  }

  /** One line a request, however many names were tried. */
  placesNamed(names: readonly string[], { requestId, principal }: Visit): void {
    this.#kit.meter.placesNamed(names.length)
    const some = names.slice(0, 10).map((name) => name.slice(0, 60))
    const fields = { requestId, ...whoOf(principal), path: this.#route.path, names: some, count: names.length }
    this.#kit.log.warn(fields, 'a caller tried to name a tenant or place; it was dropped')
  }

  /** @param head the caller wants no body, so an event stream is not begun. */
  reply(reply: Reply, call: ServedCall, visit: Visit, head: boolean): Response {
    const { status, json, events, endsByItself } = reply
    if (events !== undefined) {
      const headers = this.#headers(visit, 'text/event-stream; charset=utf-8', reply)
      headers['x-accel-buffering'] = 'no' // nginx would otherwise hold events back
      if (!head) return new Response(this.#stream(events, { status, endsByItself }, call, visit), { status, headers })
      this.#done(status, visit)
      return new Response(null, { status, headers })
    }
    const text = json === undefined || typeof json === 'string' ? json : JSON.stringify(json)
    const headers = this.#headers(visit, text === undefined ? undefined : 'application/json', reply)
    this.#done(status, visit)
    // As bytes: a string goes into one with its headers, which costs more than all else of a kept answer.
    return new Response(text === undefined ? null : Buffer.from(text), { status, headers })
  }

  /**
   * @param gone nobody is left to read the answer.
   * @returns a problem; what is not an AppError is logged with its cause and shown as `internal`.
   */
  fault(thrown: unknown, visit: Visit, { authorization, gone }: FaultOptions): Response {
    const { access, method } = this.#route
    const error = toAppError(thrown, access.kind === 'staff' && method !== 'get')
    const { status } = problemKinds[error.code]
    const more: HeaderRecord = { ...visit.admission?.headers() }
    if (error.code === 'unauthenticated' || error.code === 'forbidden') {
      more['www-authenticate'] = challenge(error.code, access, authorization !== undefined)
    }
    if (gone) this.#kit.log.debug({ requestId: visit.requestId, err: thrown }, 'the caller has gone away')
    else this.#count(error, visit)
    this.#done(gone ? 499 : status, visit, error.code)
    return problemResponse(error, visit.requestId, more, this.#route.problemFields?.(error, authorization))
  }

  #headers(visit: Visit, contentType: string | undefined, reply: Reply): HeaderRecord {
    const headers = privateHeaders(visit.requestId, contentType)
    if (visit.admission !== undefined) addHeaders(headers, visit.admission.headers())
    if (reply.headers !== undefined) addHeaders(headers, reply.headers)
    return headers
  }

  #stream(
    events: NonNullable<Reply['events']>,
    { status, endsByItself = false }: { readonly status: number; readonly endsByItself: boolean | undefined },
    call: ServedCall,
    visit: Visit,
  ) {
    let failed: ErrorCode | undefined
    return eventStream(events, {
      stop: endsByItself ? never : this.#kit.draining,
      onError: (thrown) => {
        const error = toAppError(thrown)
        failed = error.code
        this.#count(error, visit)
        return problemOf(error, visit.requestId)
      },
      onEnd: () => {
        call.abort(new DOMException('The stream has ended.', 'AbortError'))
        this.#done(status, visit, failed)
      },
    })
  }

  #count(error: AppError, { requestId, principal }: Visit): void {
    const { code } = error
    this.#kit.meter.error(code)
    if (problemKinds[code].status < 500 || expected.has(code)) return
    const fields = { requestId, code, ...whoOf(principal), path: this.#route.path, err: error.cause ?? error }
    if (code === 'internal') this.#kit.log.error(fields, 'unexpected fault')
    else this.#kit.log.warn(fields, error.message)
  }

  /** A line a request at `debug`; at `info` those that someone will ask about: slow ones and what staff changed. */
  #done(status: number, visit: Visit, code?: ErrorCode): void {
    const { startedMs, requestId, principal, span } = visit
    visit.admission?.end()
    visit.admission = undefined
    const ms = performance.now() - startedMs
    const { method, path } = this.#route
    this.#meter.done(status, ms, principal?.kind === 'tenant' ? principal.tenantId : undefined)
    span?.end(
      {
        'http.request.method': method.toUpperCase(),
        'http.route': path,
        'http.response.status_code': status,
        'tenant_router.request_id': requestId,
        ...(principal?.kind === 'tenant' && { 'tenant_router.tenant_id': principal.tenantId }),
        ...(code !== undefined && { 'error.type': code }),
      },
      status >= 500,
    )
    const change = principal?.kind === 'staff' && method !== 'get'
    const level = change || ms >= this.#slowMs ? 'info' : 'debug'
    const { log } = this.#kit
    if (!log.isLevelEnabled(level)) return
    log[level]({ requestId, ...whoOf(principal), method, path, status, ms: Math.round(ms * 10) / 10 }, 'served')
  }
}

function whoOf(principal: Principal | undefined): Record<string, unknown> {
  if (principal === undefined) return {}
  return principal.kind === 'tenant'
    ? { tenantId: principal.tenantId, subject: principal.subject }
    : { subject: principal.subject, roles: [...principal.roles] }
}
