import type { Logger } from 'pino'
import type { ZodType } from 'zod'
import type { Role, Scope, StaffPrincipal, TenantPrincipal } from '../../auth/principal.ts'
import type { AppError } from '../../errors.ts'
import type { Form, FormRules } from '../request/form.ts'

/** Who may call. A route can't be defined without saying so, and the access tests are generated from it. */
export type Access =
  | { readonly kind: 'tenant'; readonly scope: Scope }
  /** Any one of the roles is enough. */
  | { readonly kind: 'staff'; readonly roles: readonly Role[] }
  | { readonly kind: 'open' }

type PrincipalOf<A extends Access> = A extends { kind: 'tenant' }
  ? TenantPrincipal
  : A extends { kind: 'staff' }
    ? StaffPrincipal
    : undefined

/** What a handler gets: parsed, checked, and with the caller's identity; nothing of the web framework. */
export interface Call<A extends Access, P, Q, B> {
  readonly principal: PrincipalOf<A>
  readonly params: P
  readonly query: Q
  readonly body: B
  /** There on routes that ask for it, and only there. */
  readonly form: Form | undefined
  /** Fires when the caller has gone away or the server shuts down. */
  readonly signal: AbortSignal
  readonly requestId: string
  /** Carries the request id; never log content, tokens or vectors. */
  readonly log: Logger
  header(name: string): string | undefined
}

/** `json` as a string is sent as it is: it must already be JSON. */
export interface Reply {
  readonly status: number
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Instead of `json`: a stream of server-sent events. */
  readonly events?: AsyncIterable<{ readonly id?: string; readonly event: string; readonly data: unknown }>
  /** A part of what was asked for was refused: the same `Idempotency-Key` is served anew. */
  readonly isPartial?: boolean
  /** The events end soon by themselves: a service that shuts down lets them, as any request under way. */
  readonly endsByItself?: boolean
}

/** What a status of a route says. */
export interface RouteReply {
  readonly description: string
  readonly schema?: ZodType
  /** It may be a stream of server-sent events, with these names. */
  readonly events?: readonly string[]
}

/** One route: the server, the OpenAPI document and the generated access tests are all made from it. */
export interface Route<A extends Access = Access, P = unknown, Q = unknown, B = unknown> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** OpenAPI form: `/documents/{documentId}`. */
  readonly path: string
  readonly access: A
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly params?: ZodType<P>
  readonly query?: ZodType<Q>
  /** A JSON body. Unknown fields are refused, except those that try to name a tenant or place: they are dropped and counted. */
  readonly body?: ZodType<B>
  /** Of a body that wraps a call of its own: that one's fields. They are judged for names of a place as the body's own are. */
  innerFields?(body: B): readonly object[]
  /**
   * A form (`multipart/form-data`) is taken. Beside `body`: whichever comes, the call has the one or the other.
   * `fields`: those beside `file`, and what they say.
   */
  readonly form?: FormRules & {
    readonly description?: string
    readonly fields?: Readonly<Record<string, string>>
  }
  /** Asked before all else: where a request comes from. */
  checkCaller?(request: Request): void
  /** Default 4 MiB. */
  readonly bodyLimitBytes?: number
  /** Besides the problem answers that every route has. */
  readonly replies: Readonly<Record<number, RouteReply>>
  /** Further members of a problem answer (RFC 9457, section 3.2), for callers with a protocol of their own. */
  problemFields?(error: AppError, authorization: string | undefined): Readonly<Record<string, unknown>>
  handle(call: Call<A, P, Q, B>): Promise<Reply>
}

/** Keeps the types of one route together; lists are `readonly AnyRoute[]`. */
export function route<const A extends Access, P, Q, B>(definition: Route<A, P, Q, B>): AnyRoute {
  return definition as unknown as AnyRoute
}

/** A route in a list, its input types forgotten: the server has checked them against the schemas by then. */
export type AnyRoute = Route<Access, unknown, unknown, unknown>
