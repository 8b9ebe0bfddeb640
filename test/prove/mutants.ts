import type { Doors } from '../../src/isolation/probe/asker.ts'
import type { Placement } from '../../src/placement/placement.ts'
import type { TenantStore, VectorStore } from '../../src/stores/store.ts'

type Serve = Doors['public']

/** A door that gives some requests to a mutant of their route and passes the others on. */
export function mutantDoors(
  own: Doors,
  mutants: Readonly<Record<string, (request: Request, text: string, serve: Serve) => Promise<Response> | undefined>>,
): Doors {
  return {
    ...own,
    async public(request) {
      const isVendors = request.headers.has('api-key')
      const mutant = mutants[`${request.method} ${new URL(request.url).pathname}${isVendors ? ' (Api-Key)' : ''}`]
      if (mutant === undefined) return own.public(request)
      const text = await request.clone().text()
      return mutant(request, text, own.public) ?? own.public(request)
    },
  }
}

/** A cache in front of a route whose key has the question, and neither the tenant nor its groups. */
export function cacheWithoutTenant() {
  const kept = new Map<string, Promise<string>>()
  return (request: Request, text: string, serve: Serve) => {
    const key = request.url + text
    const answer = kept.get(key) ?? serve(request).then((response) => response.text())
    kept.set(key, answer)
    return answer.then((body) => new Response(body, { headers: { 'content-type': 'application/json' } }))
  }
}

/** A route that takes every caller for the first one. */
export function routeThatForgets() {
  let first: string | null | undefined
  return (request: Request, text: string, serve: Serve) => {
    const authorization = request.headers.get('authorization')
    if (authorization?.startsWith('Bearer trk_') !== true) return undefined
    first ??= authorization
    return serve(withHeader(request, text, 'authorization', first))
  }
}

/** A route that serves a caller without a key as another one. */
export function routeWithoutCheck(authorization: string) {
  return (request: Request, text: string, serve: Serve) =>
    request.headers.has('authorization') ? undefined : serve(withHeader(request, text, 'authorization', authorization))
}

/** Kept answers whose key has the `Idempotency-Key`, and not the tenant. */
export function keysWithoutTenant() {
  const kept = new Map<string, Promise<string>>()
  return (request: Request, _text: string, serve: Serve) => {
    const key = request.headers.get('idempotency-key')
    if (key === null) return undefined
    const first = kept.get(key)
    if (first === undefined) {
      const served = serve(request)
      kept.set(
        key,
        served.then((response) => response.clone().text()),
      )
      return served
    }
    const headers = { 'content-type': 'application/json', 'idempotency-replayed': 'true' }
    return first.then((body) => new Response(body, { headers }))
  }
}

/** The vendor's door as it would be if it took the namespace that a caller names. */
export function doorThatTakesNamespaces() {
  const keys = new Map<string, string>()
  return async (request: Request, text: string, serve: Serve): Promise<Response> => {
    const key = request.headers.get('api-key') ?? ''
    if (key.startsWith('trk_') && ![...keys.values()].includes(key)) {
      const indexes = await serve(new Request('http://localhost/indexes', { headers: { 'api-key': key } }))
      const { indexes: list = [] } = (await indexes.json()) as { indexes?: { name: string }[] }
      if (list[0] !== undefined && !keys.has(`tenant_${list[0].name}_g1`)) keys.set(`tenant_${list[0].name}_g1`, key)
    }
    const { namespace, ...body } = JSON.parse(text) as { namespace?: string }
    const owner = keys.get(namespace ?? '')
    if (owner === undefined) return serve(request)
    return serve(withHeader(request, JSON.stringify(body), 'api-key', owner))
  }
}

/** A write of the vendor's dialect that drops a foreign namespace instead of refusing it. */
export function writeThatDropsNamespaces(request: Request, text: string, serve: Serve): Promise<Response> {
  const { namespace: _namespace, ...body } = JSON.parse(text) as { namespace?: string }
  return serve(withHeader(request, JSON.stringify(body), 'x-none', ''))
}

function withHeader(request: Request, body: string, name: string, value: string): Request {
  const headers = new Headers(request.headers)
  headers.set(name, value)
  headers.delete('content-length')
  const { method, url } = request
  return new Request(url, { method, headers, ...(body !== '' && { body }) })
}

/** A place whose methods are partly replaced. */
export function placeWith(
  open: VectorStore['open'],
  change: (place: TenantStore, placement: Placement) => Partial<TenantStore>,
): VectorStore['open'] {
  return (placement) => {
    const place = open(placement)
    const changed = change(place, placement)
    return new Proxy(place, {
      get(target, name: keyof TenantStore) {
        const value = changed[name] ?? target[name]
        return typeof value === 'function' ? value.bind(changed[name] === undefined ? target : changed) : value
      },
    })
  }
}
