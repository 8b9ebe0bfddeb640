import type { Hono } from 'hono'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { hostCheck } from './callers.ts'
import { createApp } from './create-app.ts'
import { type ReadinessCheck, readiness } from './health.ts'
import type { HttpKit } from './pipeline/kit.ts'
import type { AnyRoute } from './pipeline/route.ts'

export interface AdminAppDeps extends HttpKit {
  readonly routes: readonly AnyRoute[]
  readonly version: string
  readonly telemetry: Pick<Telemetry, 'metrics' | 'contentType'>
  /** Host names of the listener, beside `localhost` and addresses. */
  readonly hosts?: readonly string[]
  /** Readiness checks by name; `/readyz` names those that fail. */
  readonly checks: Readonly<Record<string, ReadinessCheck>>
  /** Adds routes outside the API, such as the staff pages. */
  readonly mount?: (app: Hono) => void
}

/** The listener for staff, with pages for machines: metrics and health. */
export function createAdminApp(deps: AdminAppDeps): Hono {
  const tenants = deps.routes.find(({ access }) => access.kind === 'tenant')
  if (tenants !== undefined) throw new Error(`${tenants.path} is for tenants and has no place on the admin listener`)
  const ready = readiness(deps.checks, deps.draining)
  return createApp(deps, deps.routes, {
    about: {
      title: 'tenant-router: administration',
      version: deps.version,
      description: 'Tenants, moves, indexes, audit. For staff and scripts of the company, never for a tenant.',
      token: 'A staff token: no tenant claim, and `roles` with `platform`, `sales` or `auditor`.',
    },
    pages: [
      { path: '/livez', plain: true, serve: () => ({ contentType: 'application/json', text: '{"status":"ok"}' }) },
      { path: '/readyz', plain: true, serve: ready },
      {
        path: '/metrics',
        serve: async () => ({ contentType: deps.telemetry.contentType, text: await deps.telemetry.metrics() }),
      },
    ],
    checkCaller: hostCheck(deps.hosts ?? []),
    ...(deps.mount !== undefined && { mount: deps.mount }),
  })
}
