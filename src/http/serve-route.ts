import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context, Handler } from 'hono'
import { checkAccess } from './access.ts'
import { fieldCheck } from './check-fields.ts'
import { headerNamesPlace, namesPlace } from './claimed-place.ts'
import { serveOnce, takesKey } from './idempotency.ts'
import type { HttpKit } from './kit.ts'
import { readPayload } from './payload.ts'
import { queryFields } from './query-fields.ts'
import { checkContentType, defaultBodyLimitBytes, isOneOf, parseJson, readBytes } from './read-body.ts'
import { requestIdOf } from './reply.ts'
import type { Access, AnyRoute, Payload } from './route.ts'
import { RouteAnswers, type Visit } from './route-answers.ts'
import { asCall, ServedCall } from './served-call.ts'
import { refuseUnstorableUrl } from './unstorable.ts'

const jsonTypes = ['application/json']

/**
 * The way of a request through one route, without a middleware chain: token, access, limits, fields, handler,
 * answer. What a route needs is looked up here once, not per request.
 */
export function serveRoute(route: AnyRoute, kit: HttpKit): Handler {
  const { access } = route
  const answers = new RouteAnswers(route, kit)
  const limitBytes = route.bodyLimitBytes ?? defaultBodyLimitBytes
  const checkBody = route.body === undefined ? undefined : fieldCheck(route.body)
  const checkQuery = fieldCheck(route.query)
  const checkParams = route.params === undefined ? undefined : fieldCheck(route.params)
  const otherTypes = route.payload?.contentTypes
  const bodyTypes = otherTypes === undefined ? jsonTypes : [...jsonTypes, ...otherTypes]
  const dropsPlaces = access.kind === 'tenant'
  const once = kit.keys !== undefined && takesKey(route) ? serveOnce(route, kit.keys, onKeyFault(kit)) : undefined

  return async (c) => {
    const request = c.req.raw
    const { headers } = request
    const visit = answers.begin(requestIdOf(headers.get('x-request-id')), headers)
    const { incoming, outgoing } = wireOf(c)
    const places: string[] = []
    try {
      if (access.kind !== 'open') await letIn(access, kit, headers, visit, answers)
      const onPlaceNamed = dropsPlaces ? (name: string) => void places.push(name) : undefined
      if (onPlaceNamed !== undefined) lookAtHeaders(request, incoming, onPlaceNamed)
      refuseUnstorableUrl(request.url)
      const query = checkQuery(queryFields(request.url), onPlaceNamed)
      const params = checkParams?.(c.req.param(), undefined)
      let body: unknown
      let payload: Payload | undefined
      if (checkBody !== undefined && (otherTypes === undefined || !isOneOf(headers, otherTypes))) {
        checkContentType(headers, bodyTypes)
        body = checkBody(parseJson(await readBytes(request, limitBytes, incoming)), onPlaceNamed)
        if (route.innerFields !== undefined) lookAtFields(route.innerFields(body), onPlaceNamed)
      } else if (route.payload !== undefined) {
        const onPlacesNamed = dropsPlaces ? (names: readonly string[]) => answers.placesNamed(names, visit) : undefined
        payload = await readPayload(request, route.payload.contentTypes, limitBytes, onPlacesNamed)
      }
      if (places.length > 0) answers.placesNamed(places.splice(0), visit)
      const { requestId, principal } = visit
      const parts = { request, outgoing, requestId, log: kit.log, principal, params, query, body, payload }
      const call = new ServedCall(parts)
      const handle = () => route.handle(asCall(call))
      const key = once === undefined ? undefined : (headers.get('idempotency-key') ?? undefined)
      const reply =
        once === undefined || key === undefined || principal === undefined
          ? await handle()
          : await once({ url: request.url, headers, principal, body, payload }, key, handle)
      return answers.reply(reply, call, visit, c.req.method === 'HEAD')
    } catch (error) {
      if (places.length > 0) answers.placesNamed(places, visit)
      return answers.fault(error, visit, {
        authorization: headers.get('authorization') ?? undefined,
        gone: outgoing?.destroyed === true,
      })
    }
  }
}

function onKeyFault({ log }: HttpKit): (error: unknown) => void {
  return (error) => log.warn({ err: error }, 'what became of a request with an Idempotency-Key could not be noted')
}

/** Token, access and limits, before anything of the request is looked at. */
async function letIn(
  access: Exclude<Access, { kind: 'open' }>,
  kit: HttpKit,
  headers: Headers,
  visit: Visit,
  answers: RouteAnswers,
): Promise<void> {
  const found = kit.verify(headers.get('authorization') ?? undefined)
  const principal = found instanceof Promise ? await found : found
  visit.principal = principal
  answers.known(visit)
  checkAccess(access, principal)
  if (principal.kind !== 'tenant' || kit.admit === undefined) return
  const asked = kit.admit(principal, access.kind === 'tenant' && access.scope === 'rag:write')
  visit.admission = asked instanceof Promise ? await asked : asked
  if (visit.admission.refused !== undefined) throw visit.admission.refused
}

/** The server's own side of a request, when a real one serves; `app.request` has none. */
interface Wire {
  readonly incoming?: IncomingMessage
  readonly outgoing?: ServerResponse
}

const noWire: Wire = {}

function wireOf(c: Context): Wire {
  const env: Wire | undefined = c.env
  return env ?? noWire
}

/** Their values go where no such name is known. */
function lookAtFields(fields: object | undefined, onPlaceNamed: ((name: string) => void) | undefined): void {
  for (const name in fields) if (namesPlace(name)) onPlaceNamed?.(name)
}

/** The server has the names in lower case already; a stand-alone Request gives them the same way. */
function lookAtHeaders(
  request: Request,
  incoming: IncomingMessage | undefined,
  onPlaceNamed: (name: string) => void,
): void {
  if (incoming !== undefined) {
    for (const name in incoming.headers) if (headerNamesPlace(name)) onPlaceNamed(name)
  } else {
    for (const name of request.headers.keys()) if (headerNamesPlace(name)) onPlaceNamed(name)
  }
}
