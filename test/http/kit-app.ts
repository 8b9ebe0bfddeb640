import { Writable } from 'node:stream'
import type { Hono } from 'hono'
import { z } from 'zod'
import type { Principal, Role, Scope } from '../../src/auth/principal.ts'
import { AppError } from '../../src/errors.ts'
import { createAdminApp } from '../../src/http/admin-app.ts'
import type { ReadinessCheck } from '../../src/http/health.ts'
import type { HttpKit } from '../../src/http/pipeline/kit.ts'
import { type AnyRoute, type Reply, route } from '../../src/http/pipeline/route.ts'
import { createPublicApp } from '../../src/http/public-app.ts'
import { createLogger } from '../../src/log.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { createTelemetry } from '../../src/telemetry/telemetry.ts'

export interface KitApp {
  readonly app: Hono
  /** Log lines, parsed, as they were written. */
  readonly lines: Record<string, unknown>[]
  /** The lines of `/metrics` that begin with a name. */
  metric(name: string): Promise<readonly string[]>
  readonly drain: AbortController
}

export interface KitAppOptions extends Partial<HttpKit> {
  readonly checks?: Readonly<Record<string, ReadinessCheck>>
  readonly mount?: (app: Hono) => void
  readonly hosts?: readonly string[]
}

/** `Bearer tenant:acme:rag:read` and `Bearer staff:platform`: tokens whose words are who is calling. */
function principalFrom(authorization: string | undefined): Principal {
  const [kind, who, ...rest] = (authorization ?? '').replace(/^Bearer /, '').split(':')
  if (kind === 'tenant') {
    const scopes = new Set(rest.length === 0 ? (['rag:read', 'rag:write'] as const) : [rest.join(':') as Scope])
    return { kind, tenantId: parseTenantId(who), subject: `${who}-app`, scopes, groups: [] }
  }
  if (kind === 'staff') return { kind, subject: 'ann', roles: new Set([who as Role]) }
  throw new AppError('unauthenticated', 'There is no token.')
}

function kitOf(options: KitAppOptions) {
  const lines: Record<string, unknown>[] = []
  const destination = new Writable({
    write(chunk, _, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  const telemetry = createTelemetry({ processMetrics: false })
  const drain = new AbortController()
  const kit: HttpKit = {
    verify: principalFrom,
    meter: telemetry.http,
    log: createLogger({ level: 'debug' }, destination),
    draining: drain.signal,
    streamsEnd: drain.signal,
    ...options,
  }
  const metric = async (name: string) => (await telemetry.metrics()).split('\n').filter((line) => line.startsWith(name))
  return { kit, lines, telemetry, drain, metric }
}

export function publicApp(routes: readonly AnyRoute[], options: KitAppOptions = {}): KitApp {
  const made = kitOf(options)
  return { ...made, app: createPublicApp({ ...made.kit, routes, version: '1.0.0' }) }
}

export function adminApp(routes: readonly AnyRoute[], options: KitAppOptions = {}): KitApp {
  const made = kitOf(options)
  const { checks = {}, mount, hosts = [] } = options
  const deps = { ...made.kit, routes, checks, hosts, telemetry: made.telemetry, version: '1.0.0' }
  return { ...made, app: createAdminApp({ ...deps, ...(mount && { mount }) }) }
}

const echoBody = z.object({
  query: z.string().min(1),
  topK: z.int().min(1).max(100).default(5),
  filter: z.record(z.string(), z.unknown()).optional(),
})

/** Answers with what it was given. */
export const echoRoute = route({
  method: 'post',
  path: '/echo',
  access: { kind: 'tenant', scope: 'rag:read' },
  tag: 'Test',
  summary: 'Says what it was told',
  body: echoBody,
  query: z.object({ verbose: z.stringbool().default(false) }),
  replies: { 200: { description: 'The same again', schema: z.object({ body: echoBody }) } },
  handle: async (call): Promise<Reply> => ({
    status: 200,
    json: { tenantId: call.principal.tenantId, body: call.body, query: call.query, requestId: call.requestId },
  }),
})

/** A route of a method and path that does as told. */
export function plainRoute(
  method: AnyRoute['method'],
  path: string,
  handle: AnyRoute['handle'],
  more: Partial<AnyRoute> = {},
): AnyRoute {
  const access = { kind: 'tenant', scope: 'rag:read' } as const
  return {
    method,
    path,
    access,
    tag: 'Test',
    summary: 'Test',
    replies: { 200: { description: 'ok' } },
    handle,
    ...more,
  }
}

export const acme = { authorization: 'Bearer tenant:acme' }
export const json = { ...acme, 'content-type': 'application/json' }

export async function postEcho(app: Hono, body: unknown, headers: Record<string, string> = json, search = '') {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await app.request(`/echo${search}`, { method: 'POST', headers, body: text })
  return {
    status: response.status,
    headers: response.headers,
    answer: (await response.json()) as Record<string, unknown>,
  }
}
