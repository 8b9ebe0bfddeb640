import type { Logger } from 'pino'
import type { Principal, TenantPrincipal } from '../../auth/principal.ts'
import type { Tx } from '../../db/connect.ts'
import type { AppError } from '../../errors.ts'
import type { HttpMeter } from '../../telemetry/http-meter.ts'
import type { Tracer } from '../../tracing/tracer.ts'
import type { Transfers } from './transfers.ts'

/** A tenant's request that was counted and let in, or not. */
export interface Admission {
  /** It is not served, and this is why. */
  readonly refused?: AppError | undefined
  /** Go on the answer, whatever it becomes; asked when it is made. */
  headers(): Readonly<Record<string, string>>
  /** The request is complete: it takes its slots, and waits for them if it has to. @throws AppError `quota_exceeded` */
  enter?(): void | Promise<void>
  /** The answer has been sent or cut off. */
  end(): void
}

/** What is on its way in and out of a replica. */
export interface Traffic {
  readonly bodies: Transfers
  readonly answers: Transfers
}

/** Everything the pipeline of a route calls; `createPublicApp` and `createAdminApp` are handed it. */
export interface HttpKit {
  /** @throws AppError `unauthenticated`, `identity_unavailable` */
  readonly verify: (authorization: string | undefined) => Principal | Promise<Principal>
  /** The tenant's limits; without them everything is let in. `writes`: the request changes something. */
  readonly admit?: (caller: TenantPrincipal, writes: boolean) => Admission | Promise<Admission>
  /** Where requests with an `Idempotency-Key` are remembered; without it the header means nothing. */
  readonly keys?: Tx
  /** Bodies and answers on their way, of both listeners together; without them each app has its own. */
  readonly traffic?: Traffic
  readonly meter: HttpMeter
  /** Without one no request is traced. */
  readonly tracer?: Tracer
  readonly log: Logger
  /** Fires when the service begins to shut down: `/readyz` says so. */
  readonly draining: AbortSignal
  /** Fires when it takes no more connections: event streams end. */
  readonly streamsEnd: AbortSignal
  /** Requests that take longer are logged at `info`. Default 1000. */
  readonly slowMs?: number
}
