import type { TenantPrincipal } from '../../auth/principal.ts'
import { AppError } from '../../errors.ts'
import { ClaimedPlaces } from '../request/claimed-place.ts'
import { refuseUnstorableUrl } from '../request/unstorable.ts'
import type { Exchange } from './exchange.ts'
import type { HttpKit, Traffic } from './kit.ts'
import { checkContentType, defaultBodyLimitBytes, parseJson, readBytes } from './read-body.ts'
import type { AnyRoute } from './route.ts'
import { changes, lookAtHeaders, type Stage } from './stages.ts'

/** Reads address, query string and headers in the vendor's dialect: names are judged, the query stays as it came. */
export function readVendorUrl(route: AnyRoute, kit: HttpKit): Stage {
  const writes = changes(route)
  const take = (exchange: Exchange, { tenantId }: TenantPrincipal, ownNames: readonly string[]) => {
    const { request, context } = exchange
    const places = new ClaimedPlaces([tenantId, ...ownNames], writes, true)
    exchange.places = places
    lookAtHeaders(exchange.headers, exchange.incoming, places)
    refuseUnstorableUrl(request.url)
    const query = new URLSearchParams(request.url.split('?', 2)[1] ?? '')
    if (query.size > vendorQueryMax)
      throw new AppError('invalid_request', `The query has over ${vendorQueryMax} values.`)
    for (const [name, value] of query) places.field(name, value)
    const params = context.req.param()
    if ('namespace' in params) places.field('namespace', params.namespace)
    exchange.query = query
    exchange.params = params
  }
  return (exchange) => {
    const { principal } = exchange
    if (principal?.kind !== 'tenant') throw new Error(`${route.path} speaks the vendor's dialect and is for tenants`)
    const names = kit.ownNames?.(principal) ?? []
    if (names instanceof Promise) return names.then((found) => take(exchange, principal, found))
    return take(exchange, principal, names)
  }
}

/** The 1,000 ids of a fetch, and a few names. */
const vendorQueryMax = 1_010

/** Reads a body of the vendor's dialect: a JSON object, or none. */
export function readVendorBody(route: AnyRoute, { bodies }: Traffic): Stage | undefined {
  const { method, innerFields, bodyLimitBytes: limitBytes = defaultBodyLimitBytes } = route
  if (method === 'get' || method === 'delete') return undefined
  const take = (exchange: Exchange, bytes: Uint8Array) => {
    const parsed = bytes.byteLength === 0 ? {} : parseJson(bytes)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      throw new AppError('invalid_request', 'The request body must be a JSON object.')
    }
    for (const fields of [parsed, ...(innerFields?.(parsed) ?? [])]) {
      for (const [name, value] of Object.entries(fields)) exchange.places?.field(name, value)
    }
    exchange.body = parsed
  }
  return (exchange) => {
    if (exchange.headers.has('content-type')) checkContentType(exchange.headers, ['application/json'])
    return readBytes(exchange, limitBytes, bodies).then((bytes) => take(exchange, bytes))
  }
}
