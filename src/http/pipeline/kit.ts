import type { Logger } from 'pino'
import type { Principal, TenantPrincipal } from '../../auth/principal.ts'
import type { Tx } from '../../db/connect.ts'
import type { AppError } from '../../errors.ts'
import type { HttpMeter } from '../../telemetry/http-meter.ts'
import type { Tracer } from '../../tracing/tracer.ts'
import type { Transfers } from './transfers.ts'

/** The limits' decision on a tenant's request. */
export interface Admission {
  /** The reason for a refusal. */
  readonly refused?: AppError | undefined
  /** Header fields for the answer, whatever its outcome; called when the answer is made. */
  headers(): Readonly<Record<string, string>>
  /** Takes slots once the request is complete, and waits for them if needed. @throws AppError `quota_exceeded` */
  enter?(): void | Promise<void>
  /** Called when the answer has been sent or cut off. */
  end(): void
}

/** Bodies and answers in transit on one replica. */
export interface Traffic {
  readonly bodies: Transfers
  readonly answers: Transfers
}

/** Everything that a route's pipeline calls; passed to `createPublicApp` and `createAdminApp`. */
export interface HttpKit {
  /** @throws AppError `unauthenticated`, `identity_unavailable` */
  readonly verify: (authorization: string | undefined) => Principal | Promise<Principal>
  /** Applies the tenant's limits; without it every request is admitted. `writes`: the request changes something. */
  readonly admit?: (caller: TenantPrincipal, writes: boolean) => Admission | Promise<Admission>
  /** Further names by which a tenant's app may call its own namespace: the one that it had before it came here. */
  readonly ownNames?: (caller: TenantPrincipal) => readonly string[] | Promise<readonly string[]>
  /** Database for requests with an `Idempotency-Key`; without it the header is ignored. */
  readonly keys?: Tx
  /** Bodies and answers in transit, of both listeners together; without it each app has its own. */
  readonly traffic?: Traffic
  readonly meter: HttpMeter
  /** Throws while the replica is overloaded, before anything is done for a request; absent: it never is. */
  readonly refuseOverload?: () => void
  /** Absent: no request is traced. */
  readonly tracer?: Tracer
  readonly log: Logger
  /** Fires when the service begins to shut down: `/readyz` then reports it. */
  readonly draining: AbortSignal
  /** Fires when it accepts no more connections: event streams then end. */
  readonly streamsEnd: AbortSignal
  /** Slower requests are logged at `info`. Default 1000. */
  readonly slowMs?: number
}
