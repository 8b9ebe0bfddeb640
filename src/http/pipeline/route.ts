import type { Logger } from 'pino'
import type { ZodType } from 'zod'
import type { Role, Scope, StaffPrincipal, TenantPrincipal } from '../../auth/principal.ts'
import type { AppError } from '../../errors.ts'
import type { Plane } from '../../pinecone-wire/api-error.ts'
import type { Form, FormRules } from '../request/form.ts'

/** The permitted callers. A route cannot be defined without it, and the access tests are generated from it. */
export type Access =
  | { readonly kind: 'tenant'; readonly scope: Scope }
  /** Any one of the roles suffices. */
  | { readonly kind: 'staff'; readonly roles: readonly Role[] }
  /** A call that its sender signed. The handler checks the signature, over the bytes of the body. */
  | { readonly kind: 'signed' }
  | { readonly kind: 'open' }

/** An access by a token, which says who calls. */
export type TokenAccess = Exclude<Access, { readonly kind: 'signed' | 'open' }>

export function isByToken(access: Access): access is TokenAccess {
  return access.kind === 'tenant' || access.kind === 'staff'
}

type PrincipalOf<A extends Access> = A extends { kind: 'tenant' }
  ? TenantPrincipal
  : A extends { kind: 'staff' }
    ? StaffPrincipal
    : undefined

/** A handler's input: parsed, validated, and with the caller's identity; nothing of the web framework. */
export interface Call<A extends Access, P, Q, B> {
  readonly principal: PrincipalOf<A>
  readonly params: P
  readonly query: Q
  readonly body: B
  /** Present only on routes that take a form. */
  readonly form: Form | undefined
  /** Fires when the caller disconnects or the server shuts down. */
  readonly signal: AbortSignal
  /** Fires when the time limit that the caller set is over; undefined where it set none. `signal` fires then too. */
  readonly timeLimit?: AbortSignal | undefined
  readonly requestId: string
  /** Address of the connection: behind a proxy, the proxy's. */
  readonly address?: string | undefined
  /** Carries the request id; never log content, tokens or vectors. */
  readonly log: Logger
  header(name: string): string | undefined
}

/** A reply. A string as `json` is sent unchanged: it must already be JSON. */
export interface Reply {
  readonly status: number
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** A stream of server-sent events instead of `json`. */
  readonly events?: AsyncIterable<{ readonly id?: string; readonly event: string; readonly data: unknown }>
  /** Set when a part of the request was refused: a repeat with the same `Idempotency-Key` is served again. */
  readonly isPartial?: boolean
  /** Set when the reply shows a secret: it is never kept for a repeat with the same `Idempotency-Key`. */
  readonly isSecret?: boolean
  /** Set when the events end soon on their own: a shutdown lets them finish, as any running request. */
  readonly endsByItself?: boolean
}

/** The documentation of a route's status. */
export interface RouteReply {
  readonly description: string
  readonly schema?: ZodType
  /** Event names, where the reply may be a stream of server-sent events. */
  readonly events?: readonly string[]
}

/** One route: the server, the OpenAPI document and the generated access tests are all made from it. */
export interface Route<A extends Access = Access, P = unknown, Q = unknown, B = unknown> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** In OpenAPI notation: `/documents/{documentId}`. */
  readonly path: string
  readonly access: A
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly params?: ZodType<P>
  readonly query?: ZodType<Q>
  /**
   * A JSON body. Unknown fields are refused, except those that try to name a tenant or place: they are dropped and
   * counted. With an access of `signed` the handler gets the bytes, and the schema is only documented.
   */
  readonly body?: ZodType<B>
  /**
   * For a body that wraps a call of its own, or whose schema is only documented: the fields of the objects in it, checked
   * for names of a place like the body's own.
   */
  innerFields?(body: B): readonly object[]
  /**
   * Accepts a form (`multipart/form-data`), beside `body`: a call has one or the other. `fields`: the fields beside
   * `file`, with their descriptions.
   */
  readonly form?: FormRules & {
    readonly description?: string
    readonly fields?: Readonly<Record<string, string>>
  }
  /**
   * The vendor's dialect, on this plane of its API. Requests with an `Api-Key` speak it, where a path has both. Query
   * and body are handed over as they came (`URLSearchParams`, a JSON object) and their schemas only documented, a
   * namespace that is not the caller's own is refused, and faults have the vendor's form.
   */
  readonly pinecone?: Plane
  /** Runs first, to check the origin of a request. */
  checkCaller?(request: Request): void
  /** Default 4 MiB. */
  readonly bodyLimitBytes?: number
  /** Replies beside the problem answers that every route has. */
  readonly replies: Readonly<Record<number, RouteReply>>
  /** Additional members of a problem answer (RFC 9457, section 3.2), for callers with their own protocol. */
  problemFields?(error: AppError, authorization: string | undefined): Readonly<Record<string, unknown>>
  handle(call: Call<A, P, Q, B>): Promise<Reply>
}

/** Keeps the types of one route together; lists are `readonly AnyRoute[]`. */
export function route<const A extends Access, P, Q, B>(definition: Route<A, P, Q, B>): AnyRoute {
  return definition as unknown as AnyRoute
}

/** A route in a list, without its input types: the server has validated the inputs by then. */
export type AnyRoute = Route<Access, unknown, unknown, unknown>
