import type { Handler } from 'hono'
import type { Span, Tracer } from '../../tracing/tracer.ts'
import { Exchange } from './exchange.ts'
import type { HttpKit, Traffic } from './kit.ts'
import { type AnyRoute, isByToken } from './route.ts'
import { RouteAnswers } from './route-answers.ts'
import { admit, authenticate, changes, enter, handle, readBody, readUrl, refusePlaces, type Stage } from './stages.ts'
import { inTime, limitTime, withinLimit } from './time-limit.ts'
import { readVendorBody, readVendorUrl } from './vendor-stages.ts'

/**
 * Serves a request through the stages of one route, without a middleware chain: authenticate, admit, readUrl, readBody,
 * enter, handle, answer. The stages are built once per route, and a stage that need not wait costs no promise.
 */
export function serveRoute(route: AnyRoute, kit: HttpKit, traffic: Traffic): Handler {
  const answers = new RouteAnswers(route, kit, traffic)
  const stages = stagesOf(route, kit, traffic, answers)
  const work = handle(route, kit)
  const reads = route.access.kind === 'tenant' && !changes(route)
  const serve = async (exchange: Exchange): Promise<Response> => {
    try {
      for (const stage of stages) {
        const waits = stage(exchange)
        if (waits !== undefined) await waits
      }
      exchange.reply = await (reads ? withinLimit(exchange, work(exchange)) : work(exchange))
      return answers.reply(exchange)
    } catch (error) {
      return answers.fault(error, exchange)
    }
  }
  const { tracer } = kit
  if (tracer === undefined) return (context) => serve(new Exchange(context))
  return (context) => {
    const exchange = new Exchange(context)
    return begin(tracer, route, exchange).within(() => serve(exchange))
  }
}

function begin(tracer: Tracer, route: AnyRoute, exchange: Exchange): Span {
  const method = route.method.toUpperCase()
  const fields = {
    'http.request.method': method,
    'http.route': route.path,
    'tenant_router.request_id': exchange.requestId,
  }
  exchange.span = tracer.serve('server', `${method} ${route.path}`, fields, exchange.headers)
  return exchange.span
}

function stagesOf(route: AnyRoute, kit: HttpKit, traffic: Traffic, answers: RouteAnswers): readonly Stage[] {
  const { access } = route
  const before = !isByToken(access) ? [] : [authenticate(access, kit, answers), limitTime, admit(access, kit)]
  const isVendors = route.pinecone !== undefined
  const body = isVendors ? readVendorBody(route, traffic) : readBody(route, traffic)
  const ours = access.kind === 'tenant' ? [refusePlaces(answers), enter, inTime] : []
  const { checkCaller } = route
  const { refuseOverload } = kit
  const first: readonly Stage[] = [
    ...(refuseOverload === undefined || access.kind === 'open' ? [] : [() => refuseOverload()]),
    ...(checkCaller === undefined ? [] : [({ request }: Exchange) => checkCaller(request)]),
  ]
  return [
    ...first,
    ...before,
    isVendors ? readVendorUrl(route, kit) : readUrl(route),
    ...(body === undefined ? [] : [body]),
    ...ours,
  ]
}
