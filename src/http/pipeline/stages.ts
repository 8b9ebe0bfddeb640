import type { IncomingMessage } from 'node:http'
import { isTenantKey } from '../../auth/tenant-key.ts'
import { AppError } from '../../errors.ts'
import { fieldCheck } from '../request/check-fields.ts'
import { ClaimedPlaces } from '../request/claimed-place.ts'
import { FormReader } from '../request/form.ts'
import { queryFields } from '../request/query-fields.ts'
import { refuseUnstorableUrl } from '../request/unstorable.ts'
import { checkAccess } from './access.ts'
import type { Exchange } from './exchange.ts'
import { serveOnce, takesKey } from './idempotency.ts'
import type { HttpKit, Traffic } from './kit.ts'
import { originOf } from './origin.ts'
import {
  checkContentType,
  defaultBodyLimitBytes,
  formType,
  isForm,
  parseJson,
  readBytes,
  takeBytes,
} from './read-body.ts'
import type { Access, AnyRoute, Reply, TokenAccess } from './route.ts'
import type { RouteAnswers } from './route-answers.ts'
import { asCall, ServedCall } from './served-call.ts'

/** One step of a request. It returns a promise only when it has to wait. */
export type Stage = (exchange: Exchange) => void | Promise<void>

/** Whether a tenant's request changes something. */
export function changes({ access }: Pick<AnyRoute, 'access'>): boolean {
  return access.kind === 'tenant' && access.scope === 'rag:write'
}

/** Identifies the caller, before anything else of the request is read. */
export function authenticate(access: TokenAccess, kit: HttpKit, answers: RouteAnswers): Stage {
  const take = (exchange: Exchange, principal: NonNullable<Exchange['principal']>) => {
    exchange.principal = principal.kind === 'staff' ? { ...principal, origin: originOf(exchange) } : principal
    answers.known(exchange)
    checkAccess(access, principal)
  }
  return (exchange) => {
    const found = kit.verify(
      access.kind === 'tenant' ? credentialOf(exchange.headers) : plainCredential(exchange.headers),
    )
    return found instanceof Promise ? found.then((principal) => take(exchange, principal)) : take(exchange, found)
  }
}

/** The token alone where there is one; else the `Api-Key`, as the vendor's clients send it, read as a token or key. */
function credentialOf(headers: Headers): string | undefined {
  const authorization = plainCredential(headers)
  const apiKey = headers.get('api-key')
  if (apiKey === null || (authorization !== undefined && /^bearer\s/i.test(authorization))) return authorization
  if (!isTenantKey(apiKey) && !/^[^.\s]+\.[^.\s]+\.[^.\s]+$/.test(apiKey))
    throw new AppError('unauthenticated', foreignKey)
  return `Bearer ${apiKey}`
}

const foreignKey =
  'The Api-Key is neither a tenant key (trk_, an id and a secret) nor a token (three parts separated by dots). Keys of the vector store are of no use here: ask your platform team for a tenant key.'

function plainCredential(headers: Headers): string | undefined {
  return headers.get('authorization') ?? undefined
}

/** Counts a tenant's request against its quotas. */
export function admit(access: Access, kit: HttpKit): Stage {
  const writes = changes({ access })
  const take = (exchange: Exchange, admission: NonNullable<Exchange['admission']>) => {
    exchange.admission = admission
    if (admission.refused !== undefined) throw admission.refused
  }
  return (exchange) => {
    const { principal } = exchange
    if (kit.admit === undefined || principal?.kind !== 'tenant') return
    const asked = kit.admit(principal, writes)
    return asked instanceof Promise ? asked.then((admission) => take(exchange, admission)) : take(exchange, asked)
  }
}

/** Reads address, query string and headers. */
export function readUrl(route: AnyRoute): Stage {
  // An address with a query string may be what was signed, and nobody is known yet who could be told of its fields.
  const checkQuery = route.access.kind === 'signed' ? undefined : fieldCheck(route.query)
  const checkParams = route.params === undefined ? undefined : fieldCheck(route.params)
  const writes = changes(route)
  return (exchange) => {
    const { request, principal, incoming } = exchange
    if (principal?.kind === 'tenant') {
      exchange.places = new ClaimedPlaces([principal.tenantId], writes)
      lookAtHeaders(exchange.headers, incoming, exchange.places)
    }
    refuseUnstorableUrl(request.url)
    exchange.query = checkQuery?.(queryFields(request.url), exchange.places?.field)
    exchange.params = checkParams?.(exchange.context.req.param(), undefined)
  }
}

/** Reads and validates the whole body. Until it is complete the request holds no slot. */
export function readBody(route: AnyRoute, traffic: Traffic): Stage | undefined {
  const { access, body, form, bodyLimitBytes: limitBytes = defaultBodyLimitBytes } = route
  if (access.kind === 'signed') return readSigned(limitBytes, traffic)
  if (body === undefined && form === undefined) return changes(route) ? lookAtUnasked(traffic) : undefined
  if (body === undefined) return form && ((exchange) => readForm(exchange, form, limitBytes, traffic))
  const json = readJson(route, limitBytes, traffic)
  if (form === undefined) return json
  return (exchange) => (isForm(exchange.headers) ? readForm(exchange, form, limitBytes, traffic) : json(exchange))
}

/** Leaves the body as it came, for a signature covers its bytes. */
function readSigned(limitBytes: number, { bodies }: Traffic): Stage {
  return async (exchange) => {
    checkContentType(exchange.headers, ['application/json'])
    exchange.body = await readBytes(exchange, limitBytes, bodies)
  }
}

function readJson(route: AnyRoute, limitBytes: number, traffic: Traffic): Stage {
  const check = fieldCheck(route.body)
  const types = ['application/json', ...(route.form === undefined ? [] : [formType])]
  const { innerFields } = route
  const take = (exchange: Exchange, bytes: Uint8Array) => {
    const { places } = exchange
    exchange.body = check(parseJson(bytes), places?.field)
    if (innerFields === undefined) return
    for (const inner of innerFields(exchange.body)) {
      for (const [name, value] of Object.entries(inner)) places?.field(name, value)
    }
  }
  return (exchange) => {
    checkContentType(exchange.headers, types)
    return readBytes(exchange, limitBytes, traffic.bodies).then((bytes) => take(exchange, bytes))
  }
}

async function readForm(
  exchange: Exchange,
  rules: NonNullable<AnyRoute['form']>,
  limitBytes: number,
  { bodies }: Traffic,
): Promise<void> {
  const { headers, places } = exchange
  checkContentType(headers, [formType])
  const reader = new FormReader(headers.get('content-type') ?? '', rules, places?.field)
  const take = (chunk: Uint8Array) => reader.write(chunk)
  exchange.form = await takeBytes(exchange, limitBytes, bodies, take, () => reader.end())
}

/** A longer body was not sent by mistake. */
const unaskedBytesMax = 65_536

/**
 * Checks the body of a route that takes none. Such a body is ignored, unless it names a place to write to or delete
 * from: ignoring that would do something else than it asks for.
 */
function lookAtUnasked({ bodies }: Traffic): Stage {
  return async (exchange) => {
    const { headers, places, request } = exchange
    const isThere = headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0
    if (places === undefined || !(isThere || request.body !== null) || isForm(headers)) return
    const bytes = await readBytes(exchange, unaskedBytesMax, bodies)
    if (bytes.byteLength === 0) return
    const body = jsonOf(bytes)
    if (typeof body !== 'object' || body === null) return
    for (const [name, value] of Object.entries(body)) places.field(name, value)
  }
}

/** Parses an unasked body; what is no JSON names nothing. */
function jsonOf(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes)
  } catch {
    return undefined
  }
}

/** Reports attempts to name a tenant or place, and refuses those that cannot be dropped. */
export function refusePlaces(answers: RouteAnswers): Stage {
  return (exchange) => {
    const { places } = exchange
    if (places === undefined || places.count === 0) return
    answers.placesNamed(exchange)
    places.check()
  }
}

/** Takes the slots of a complete request. */
export const enter: Stage = ({ admission }) => admission?.enter?.()

/** Runs the route's own work, once per `Idempotency-Key`. It is the last stage, and the only one with a result. */
export function handle(route: AnyRoute, kit: HttpKit): (exchange: Exchange) => Promise<Reply> {
  const onKeyFault = (error: unknown) =>
    kit.log.warn({ err: error }, 'the outcome of a request with an Idempotency-Key could not be stored')
  const once = kit.keys !== undefined && takesKey(route) ? serveOnce(route, kit.keys, onKeyFault) : undefined
  return (exchange) => {
    const call = new ServedCall(exchange, kit.log)
    exchange.call = call
    if (once === undefined) return route.handle(asCall(call))
    const { request, headers, principal, body, form } = exchange
    const key = headers.get('idempotency-key')
    if (principal === undefined || key === null) return route.handle(asCall(call))
    return once({ url: request.url, principal, body, form }, key, () => route.handle(asCall(call)))
  }
}

/** Header names are lower-case on the server; a stand-alone Request returns them in the same way. */
export function lookAtHeaders(headers: Headers, incoming: IncomingMessage | undefined, places: ClaimedPlaces): void {
  if (incoming === undefined) {
    for (const [name, value] of headers) places.header(name, value)
  } else {
    for (const name in incoming.headers) places.header(name, incoming.headers[name])
  }
}
