import type { Logger } from 'pino'
import type { Principal, TenantPrincipal } from '../auth/principal.ts'
import type { HttpMeter } from '../telemetry/http-meter.ts'
import type { Tracer } from '../telemetry/tracer.ts'

/** What the server asks before it serves a tenant. `headers` go on the answer, whatever it becomes. */
export interface Admission {
  readonly allowed: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly retryAfterS?: number
}

/** Everything the pipeline of a route calls; `createPublicApp` and `createAdminApp` are handed it. */
export interface HttpKit {
  /** @throws AppError `unauthenticated`, `identity_unavailable` */
  readonly verify: (authorization: string | undefined) => Principal | Promise<Principal>
  /** The tenant's rate limit; without one everything is let in. */
  readonly admit?: (caller: TenantPrincipal) => Admission | Promise<Admission>
  readonly meter: HttpMeter
  /** Without one no request is traced. */
  readonly tracer?: Tracer
  readonly log: Logger
  /** Fires when the service begins to shut down: event streams end, `/readyz` says so. */
  readonly draining: AbortSignal
  /** Requests that take longer are logged at `info`. Default 1000. */
  readonly slowMs?: number
}
