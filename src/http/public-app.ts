import type { Hono } from 'hono'
import { createApp } from './create-app.ts'
import type { HttpKit } from './pipeline/kit.ts'
import type { AnyRoute } from './pipeline/route.ts'
import { vendorMissing } from './pipeline/vendor-fault.ts'

export interface PublicAppDeps extends HttpKit {
  readonly routes: readonly AnyRoute[]
  readonly version: string
}

/** The listener for the tenants' apps. */
export function createPublicApp(deps: PublicAppDeps): Hono {
  const staff = deps.routes.find(({ access }) => access.kind === 'staff')
  if (staff !== undefined) throw new Error(`${staff.path} is for staff and has no place on the public listener`)
  return createApp(deps, deps.routes, {
    missing: vendorMissing,
    about: {
      title: 'tenant-router',
      version: deps.version,
      description:
        'Retrieval and documents of the tenant that the token names. There is no field, parameter or header for a tenant or a place: the token says it.',
      token:
        'A tenant token: a `tenant_id` claim and the scopes `rag:read`, `rag:write`; `rag:explain` beside reading shows how answers come about; `rag:write:any` lets a token with a groups claim change also what its groups don’t see.',
    },
  })
}
