import { distance } from 'fastest-levenshtein'
import { type Handler, Hono } from 'hono'
import { AppError } from '../errors.ts'
import type { CallerCheck } from './callers.ts'
import { docsRoutes } from './docs/docs-routes.ts'
import type { HtmlPage } from './docs/page.ts'
import { errorPages } from './error-pages.ts'
import { honoPath, knownPaths } from './known-paths.ts'
import { type ApiDescription, openApiDocument } from './openapi/openapi.ts'
import type { HttpKit, Traffic } from './pipeline/kit.ts'
import { toAppError } from './pipeline/problem.ts'
import { type HeaderRecord, privateHeaders, problemResponse, requestIdOf } from './pipeline/reply.ts'
import type { AnyRoute } from './pipeline/route.ts'
import { serveRoute } from './pipeline/serve-route.ts'
import { openTraffic } from './pipeline/traffic.ts'
import { namesPlace } from './request/claimed-place.ts'
import { fieldNames } from './request/field-names.ts'

interface AppParts {
  readonly about: ApiDescription
  readonly pages?: readonly HtmlPage[]
  readonly mount?: (app: Hono) => void
  /** Answers what no route does, for callers with a form of their own. @param methods those of the path, if any. */
  readonly missing?: (
    request: Request,
    requestId: string,
    methods: readonly string[] | undefined,
  ) => Response | undefined
  /** Runs first, on every path except plain pages. */
  readonly checkCaller?: CallerCheck
}

/** One listener's app: its routes, its own OpenAPI document and docs, and the pages of the error codes. */
export function createApp(
  kit: HttpKit,
  routes: readonly AnyRoute[],
  { about, pages = [], mount, missing, checkCaller }: AppParts,
): Hono {
  refuseBadRoutes(routes)
  const app = new Hono()
  const plainPaths = new Set(pages.filter(({ plain }) => plain).map(({ path }) => path))
  if (checkCaller !== undefined) {
    app.use(async (c, next) => {
      if (!plainPaths.has(c.req.path)) checkCaller(c.req.raw)
      return next()
    })
  }
  const traffic = kit.traffic ?? openTraffic()
  for (const [name, dialects] of Map.groupBy(
    routes,
    ({ method, path }) => `${method.toUpperCase()} ${honoPath(path)}`,
  )) {
    const [method = '', path = ''] = name.split(' ')
    app.on(method, path, serveDialects(dialects, kit, traffic))
  }
  const ownPages = [...pages, ...docsRoutes(openApiDocument(routes, about)), ...errorPages()]
  for (const page of ownPages) {
    app.get(honoPath(page.path), async (c) => {
      const answer = await page.serve(c.req.raw)
      const requestId = requestIdOf(c.req.raw.headers.get('x-request-id'))
      const headers: HeaderRecord = page.plain
        ? { 'content-type': answer.contentType, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
        : privateHeaders(requestId, answer.contentType)
      return new Response(answer.text, { status: answer.status ?? 200, headers: { ...headers, ...answer.headers } })
    })
  }
  mount?.(app)
  const methodsOf = knownPaths([...routes, ...ownPages.map(({ path }) => ({ method: 'get' as const, path }))])
  const known = [...new Set(routes.map(({ path }) => path))]
  app.notFound((c) => {
    const requestId = requestIdOf(c.req.raw.headers.get('x-request-id'))
    const methods = methodsOf(c.req.path)
    const told = missing?.(c.req.raw, requestId, methods)
    if (told !== undefined) return told
    if (methods === undefined) {
      kit.meter.error('not_found')
      return problemResponse(noSuchRoute(c.req.path, known), requestId)
    }
    const allow = methods.join(', ')
    if (c.req.method === 'OPTIONS') {
      return new Response(null, { status: 204, headers: { ...privateHeaders(requestId, undefined), allow } })
    }
    kit.meter.error('method_not_allowed')
    return problemResponse(new AppError('method_not_allowed', `This path takes ${allow}.`), requestId, { allow })
  })
  app.onError((thrown, c) => {
    const error = toAppError(thrown)
    const requestId = requestIdOf(c.req.raw.headers.get('x-request-id'))
    kit.meter.error(error.code)
    if (error.code === 'internal') kit.log.error({ requestId, err: error.cause }, 'unexpected fault')
    return problemResponse(error, requestId)
  })
  return app
}

/**
 * Names similar routes: routes are public, unlike the data behind them, so a mistyped path need not look like missing
 * data.
 */
function noSuchRoute(path: string, known: readonly string[]): AppError {
  const off = (other: string) => (path.length > 100 ? 100 : distance(path.toLowerCase(), other.toLowerCase()))
  const [near] = known.toSorted((a, b) => off(a) - off(b))
  const hint = near !== undefined && off(near) <= 3 ? `did you mean ${near}?` : '/docs lists the existing ones.'
  return new AppError('not_found', `This route does not exist; ${hint}`, { shown: true })
}

/** Serves a path by the dialect that the request speaks: an `Api-Key` chooses the vendor's where there are both. */
function serveDialects(dialects: readonly AnyRoute[], kit: HttpKit, traffic: Traffic): Handler {
  const [first, second] = dialects.toSorted(
    (a, b) => Number(a.pinecone !== undefined) - Number(b.pinecone !== undefined),
  )
  if (first === undefined) throw new Error('a path without a route')
  const own = serveRoute(first, kit, traffic)
  if (second === undefined) return own
  const vendors = serveRoute(second, kit, traffic)
  return (context, next) => (context.req.raw.headers.has('api-key') ? vendors : own)(context, next)
}

/** Throws for faulty routes when the app is made, before a caller finds them. */
function refuseBadRoutes(routes: readonly AnyRoute[]): void {
  const seen = new Set<string>()
  for (const { method, path, access, body, query, params, pinecone } of routes) {
    const name = `${method.toUpperCase()} ${path}${pinecone === undefined ? '' : ' (Api-Key)'}`
    if (seen.has(name)) throw new Error(`${name} is there twice`)
    seen.add(name)
    if (access.kind !== 'tenant' || pinecone !== undefined) continue
    for (const schema of [body, query, params]) {
      const place = schema && [...(fieldNames(schema) ?? [])].find(namesPlace)
      if (place !== undefined) throw new Error(`${name} has a field ${place}: a tenant can't name a tenant or place`)
    }
  }
}
