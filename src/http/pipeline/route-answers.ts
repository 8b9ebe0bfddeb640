import type { Principal } from '../../auth/principal.ts'
import type { AppError, ErrorCode } from '../../errors.ts'
import type { RouteMeter } from '../../telemetry/http-meter.ts'
import type { Span } from '../../tracing/tracer.ts'
import { challenge } from './access.ts'
import { answerBytesMax, answerTooLong } from './answer-limit.ts'
import { eventStream } from './event-stream.ts'
import type { Exchange } from './exchange.ts'
import type { HttpKit, Traffic } from './kit.ts'
import { problemKinds, problemOf, toAppError } from './problem.ts'
import { addHeaders, type HeaderRecord, privateHeaders, problemResponse } from './reply.ts'
import type { AnyRoute, Reply } from './route.ts'
import type { Transfer } from './transfers.ts'
import { vendorFault } from './vendor-fault.ts'

type Events = NonNullable<Reply['events']>

const never = new AbortController().signal

/** Refusals that are part of normal work: counted, and logged like any answer. */
const expected = new Set<ErrorCode>(['writes_held', 'tenant_not_ready', 'shutting_down'])

/** The answers of one route: replies, event streams and faults, each counted and, where it matters, logged. */
export class RouteAnswers {
  readonly #route: AnyRoute
  readonly #kit: HttpKit
  readonly #meter: RouteMeter
  readonly #traffic: Traffic
  readonly #slowMs: number

  constructor(route: AnyRoute, kit: HttpKit, traffic: Traffic) {
    this.#traffic = traffic
    this.#route = route
    this.#kit = kit
    const name = route.pinecone === undefined ? route.path : `pinecone ${route.path}`
    this.#meter = kit.meter.route(route.method.toUpperCase(), name)
    this.#slowMs = kit.slowMs ?? 1000
  }

  /** Records that the token has been checked. */
  known({ startedMs }: Exchange): void {
    this.#kit.meter.auth(performance.now() - startedMs)
  }

  /** Logs one line per request, however many names were tried. */
  placesNamed({ requestId, principal, places }: Exchange): void {
    if (places === undefined || places.count === 0) return
    const { names, count } = places
    this.#kit.meter.placesNamed(count)
    const fields = { requestId, ...whoOf(principal), path: this.#route.path, names, count }
    this.#kit.log.warn(fields, 'a caller tried to name a tenant or place')
    places.report()
  }

  /** The handler's answer. HEAD wants no body, so it starts no event stream. */
  reply(exchange: Exchange): Response {
    const { reply, context } = exchange
    if (reply === undefined) throw new Error(`${this.#route.path} gave no answer`)
    const { status, json, events } = reply
    if (events !== undefined) return this.#begin(events, reply, exchange, context.req.method === 'HEAD')
    const text = json === undefined || typeof json === 'string' ? json : JSON.stringify(json)
    // As bytes: a string goes into one with its headers, which costs more than all else of a kept answer.
    const bytes = text === undefined ? null : Buffer.from(text)
    if (bytes !== null && bytes.length > answerBytesMax) throw answerTooLong(bytes.length)
    const headers = this.#headers(exchange, text === undefined ? undefined : 'application/json', reply)
    this.#send(exchange, bytes?.length ?? 0)
    this.#done(status, exchange)
    return new Response(bytes, { status, headers })
  }

  /** A problem. Anything but an AppError is logged with its cause and shown as `internal`. */
  fault(thrown: unknown, exchange: Exchange): Response {
    const { access, method } = this.#route
    const { places, requestId, headers, outgoing, admission } = exchange
    if (places !== undefined) this.placesNamed(exchange)
    const authorization = headers.get('authorization') ?? undefined
    const error = toAppError(thrown, (access.kind === 'staff' || access.kind === 'signed') && method !== 'get')
    const { status } = problemKinds[error.code]
    const more: HeaderRecord = { ...admission?.headers() }
    if (error.code === 'unauthenticated' || error.code === 'forbidden') {
      more['www-authenticate'] = challenge(error.code, access, authorization !== undefined)
    }
    const gone = outgoing?.destroyed === true
    if (gone) this.#kit.log.debug({ requestId, err: thrown }, 'the caller has disconnected')
    else this.#count(error, exchange)
    exchange.transfer?.release()
    this.#whenSent(exchange)
    this.#done(gone ? 499 : status, exchange, error.code)
    const { pinecone } = this.#route
    if (pinecone !== undefined) return vendorFault(error, pinecone, requestId, more)
    return problemResponse(error, requestId, more, this.#route.problemFields?.(error, authorization))
  }

  #begin(events: Events, { status, endsByItself }: Reply, exchange: Exchange, head: boolean): Response {
    const headers = this.#headers(exchange, 'text/event-stream; charset=utf-8', exchange.reply)
    headers['x-accel-buffering'] = 'no' // nginx would otherwise hold events back
    if (!head) return new Response(this.#stream(events, { status, endsByItself }, exchange), { status, headers })
    exchange.end()
    this.#done(status, exchange)
    return new Response(null, { status, headers })
  }

  /**
   * Counts the answer against its caller's share, and ends the request once it is sent or cut off.
   * @throws AppError `quota_exceeded`, `service_busy`
   */
  #send(exchange: Exchange, bytes: number): void {
    const { outgoing } = exchange
    if (outgoing === undefined) {
      exchange.end()
      return
    }
    const transfer = this.#traffic.answers.begin(exchange.owner, () => outgoing.destroy())
    try {
      transfer.take(bytes)
    } catch (error) {
      transfer.release()
      throw error
    }
    this.#whenSent(exchange, transfer)
  }

  #whenSent(exchange: Exchange, own?: Transfer): void {
    const { outgoing } = exchange
    if (outgoing === undefined || outgoing.destroyed) {
      own?.release()
      exchange.end()
      return
    }
    const transfer = own ?? this.#traffic.answers.begin(exchange.owner, () => outgoing.destroy())
    // It comes once; `once` would wrap what is called in two more objects.
    outgoing.on('close', () => {
      transfer.release()
      exchange.end()
    })
  }

  #headers(exchange: Exchange, contentType: string | undefined, reply: Reply | undefined): HeaderRecord {
    const headers = privateHeaders(exchange.requestId, contentType)
    if (exchange.admission !== undefined) addHeaders(headers, exchange.admission.headers())
    if (reply?.headers !== undefined) addHeaders(headers, reply.headers)
    return headers
  }

  #stream(
    events: Events,
    { status, endsByItself = false }: { readonly status: number; readonly endsByItself: boolean | undefined },
    exchange: Exchange,
  ) {
    let failed: ErrorCode | undefined
    return eventStream(events, {
      stop: endsByItself ? never : this.#kit.streamsEnd,
      onError: (thrown) => {
        const error = toAppError(thrown)
        failed = error.code
        this.#count(error, exchange)
        return problemOf(error, exchange.requestId)
      },
      onEnd: () => {
        exchange.call?.abort(new DOMException('The stream has ended.', 'AbortError'))
        exchange.end()
        this.#done(status, exchange, failed)
      },
    })
  }

  #count(error: AppError, { requestId, principal }: Exchange): void {
    const { code } = error
    this.#kit.meter.error(code)
    if (problemKinds[code].status < 500 || expected.has(code)) return
    const fields = { requestId, code, ...whoOf(principal), path: this.#route.path, err: error.cause ?? error }
    if (code === 'internal') this.#kit.log.error(fields, 'unexpected fault')
    else this.#kit.log.warn(fields, error.message)
  }

  /** Logs each request at `debug`; slow ones and staff's changes at `info`. */
  #done(status: number, exchange: Exchange, code?: ErrorCode): void {
    const { startedMs, requestId, principal, span } = exchange
    const ms = performance.now() - startedMs
    const { method, path } = this.#route
    const isCached = exchange.reply?.headers?.['x-cache'] === 'hit'
    this.#meter.done(status, ms, principal?.kind === 'tenant' ? principal.tenantId : undefined, isCached)
    if (span !== undefined) endSpan(span, status, exchange, code)
    const change = principal?.kind === 'staff' && method !== 'get'
    const level = change || ms >= this.#slowMs ? 'info' : 'debug'
    const { log } = this.#kit
    if (!log.isLevelEnabled(level)) return
    log[level]({ requestId, ...whoOf(principal), method, path, status, ms: Math.round(ms * 10) / 10 }, 'served')
  }
}

/**
 * Ends the span. A refusal carries its code but is no failure of ours, as the semantic conventions define for a
 * server's span.
 */
function endSpan(span: Span, status: number, { principal }: Exchange, code: ErrorCode | undefined): void {
  span.set({
    'http.response.status_code': status,
    'tenant_router.tenant_id': principal?.kind === 'tenant' ? principal.tenantId : undefined,
    'error.type': code,
  })
  span.end(status >= 500 ? (code ?? 'internal') : undefined)
}

function whoOf(principal: Principal | undefined): Record<string, unknown> {
  if (principal === undefined) return {}
  return principal.kind === 'tenant'
    ? { tenantId: principal.tenantId, subject: principal.subject }
    : { subject: principal.subject, roles: [...principal.roles] }
}
