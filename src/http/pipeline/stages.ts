import type { IncomingMessage } from 'node:http'
import { fieldCheck } from '../request/check-fields.ts'
import { ClaimedPlaces, headerNamesPlace, namesPlace } from '../request/claimed-place.ts'
import { queryFields } from '../request/query-fields.ts'
import { refuseUnstorableUrl } from '../request/unstorable.ts'
import { checkAccess } from './access.ts'
import type { Exchange } from './exchange.ts'
import { serveOnce, takesKey } from './idempotency.ts'
import type { HttpKit, Traffic } from './kit.ts'
import { readPayload } from './payload.ts'
import { checkContentType, defaultBodyLimitBytes, isOneOf, parseJson, readBytes } from './read-body.ts'
import type { Access, AnyRoute } from './route.ts'
import type { RouteAnswers } from './route-answers.ts'
import { asCall, ServedCall } from './served-call.ts'

/** One step of a request. It gives a promise only when it has to wait. */
export type Stage = (exchange: Exchange) => void | Promise<void>

type Known = Exclude<Access, { kind: 'open' }>

/** Whose request it is, before anything else of it is looked at. */
export function authenticate(access: Known, kit: HttpKit, answers: RouteAnswers): Stage {
  const take = (exchange: Exchange, principal: NonNullable<Exchange['principal']>) => {
    exchange.principal = principal
    answers.known(exchange)
    checkAccess(access, principal)
  }
  return (exchange) => {
    const found = kit.verify(exchange.headers.get('authorization') ?? undefined)
    return found instanceof Promise ? found.then((principal) => take(exchange, principal)) : take(exchange, found)
  }
}

/** Counts a tenant's request against its quotas. */
export function admit(access: Access, kit: HttpKit): Stage {
  const writes = access.kind === 'tenant' && access.scope === 'rag:write'
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

/** Address, query string and headers. */
export function readUrl(route: AnyRoute): Stage {
  const checkQuery = fieldCheck(route.query)
  const checkParams = route.params === undefined ? undefined : fieldCheck(route.params)
  const writes = route.access.kind === 'tenant' && route.access.scope === 'rag:write'
  return (exchange) => {
    const { request, principal, incoming } = exchange
    if (principal?.kind === 'tenant') {
      exchange.places = new ClaimedPlaces(principal.tenantId, writes)
      lookAtHeaders(exchange.headers, incoming, exchange.places)
    }
    refuseUnstorableUrl(request.url)
    exchange.query = checkQuery(queryFields(request.url), exchange.places?.field)
    exchange.params = checkParams?.(exchange.context.req.param(), undefined)
  }
}

/** The body, whole and checked. Until it is there the request holds no slot. */
export function readBody(route: AnyRoute, traffic: Traffic, answers: RouteAnswers): Stage | undefined {
  const { body, payload, bodyLimitBytes: limitBytes = defaultBodyLimitBytes } = route
  if (body === undefined) return payload && ((exchange) => readOther(exchange, payload, limitBytes, traffic, answers))
  const json = readJson(route, limitBytes, traffic)
  if (payload === undefined) return json
  return (exchange) =>
    isOneOf(exchange.headers, payload.contentTypes)
      ? readOther(exchange, payload, limitBytes, traffic, answers)
      : json(exchange)
}

function readJson(route: AnyRoute, limitBytes: number, traffic: Traffic): Stage {
  const check = fieldCheck(route.body)
  const types = ['application/json', ...(route.payload?.contentTypes ?? [])]
  return async (exchange) => {
    checkContentType(exchange.headers, types)
    const { places } = exchange
    exchange.body = check(parseJson(await readBytes(exchange, limitBytes, traffic.bodies)), places?.field)
    const inner = route.innerFields?.(exchange.body)
    for (const [name, value] of Object.entries(inner ?? {})) if (namesPlace(name)) places?.inner(name, value)
  }
}

async function readOther(
  exchange: Exchange,
  { contentTypes }: NonNullable<AnyRoute['payload']>,
  limitBytes: number,
  { bodies }: Traffic,
  answers: RouteAnswers,
): Promise<void> {
  const { places } = exchange
  const onPlacesNamed = () => {
    if (places === undefined) return
    answers.placesNamed(exchange)
    places.check()
  }
  exchange.payload = await readPayload(exchange, contentTypes, { limitBytes, bodies }, places?.field, onPlacesNamed)
}

/** Tells of tries to name a tenant or place, and refuses those that can't be dropped. */
export function refusePlaces(answers: RouteAnswers): Stage {
  return (exchange) => {
    const { places } = exchange
    if (places === undefined || places.count === 0) return
    answers.placesNamed(exchange)
    places.check()
  }
}

/** The request is complete and takes its slots. */
export const enter: Stage = ({ admission }) => admission?.enter?.()

/** The route's own work, once for an `Idempotency-Key`. */
export function handle(route: AnyRoute, kit: HttpKit): Stage {
  const onKeyFault = (error: unknown) =>
    kit.log.warn({ err: error }, 'what became of a request with an Idempotency-Key could not be noted')
  const once = kit.keys !== undefined && takesKey(route) ? serveOnce(route, kit.keys, onKeyFault) : undefined
  return async (exchange) => {
    const { request, headers, principal, body, payload } = exchange
    const call = new ServedCall({ ...partsOf(exchange), log: kit.log })
    exchange.call = call
    const key = once === undefined ? undefined : headers.get('idempotency-key')
    const run = () => route.handle(asCall(call))
    if (once === undefined || principal === undefined || key === null || key === undefined) {
      exchange.reply = await run()
    } else exchange.reply = await once({ url: request.url, headers, principal, body, payload }, key, run)
  }
}

function partsOf({ request, outgoing, requestId, principal, params, query, body, payload }: Exchange) {
  return { request, outgoing, requestId, principal, params, query, body, payload }
}

/** The server has the names in lower case already; a stand-alone Request gives them the same way. */
function lookAtHeaders(headers: Headers, incoming: IncomingMessage | undefined, places: ClaimedPlaces): void {
  if (incoming === undefined) {
    for (const [name, value] of headers) if (headerNamesPlace(name)) places.header(name, value)
  } else {
    for (const name in incoming.headers) if (headerNamesPlace(name)) places.header(name, incoming.headers[name])
  }
}
