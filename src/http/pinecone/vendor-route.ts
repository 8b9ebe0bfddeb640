import { AppError } from '../../errors.ts'
import { ApiError, type Plane } from '../../pinecone-wire/api-error.ts'
import { type ApiVersion, apiVersion } from '../../pinecone-wire/api-version.ts'
import { type JsonObject, optionalString } from '../../pinecone-wire/body-fields.ts'
import type { Access, AnyRoute, Call, Reply, Route } from '../pipeline/route.ts'

type TenantAccess = Extract<Access, { kind: 'tenant' }>

/** A request of the vendor's dialect: its parts as they came, and the API version that it speaks. */
export interface VendorCall {
  readonly principal: Call<TenantAccess, unknown, unknown, unknown>['principal']
  readonly body: JsonObject
  readonly query: URLSearchParams
  readonly params: Readonly<Record<string, string>>
  readonly version: ApiVersion
  /** The namespace as the request named it; every name of it is the tenant's own by then. */
  readonly namespace: string
  readonly signal: AbortSignal
  header(name: string): string | undefined
}

type VendorRoute = Omit<Route<TenantAccess>, 'pinecone' | 'handle' | 'tag'> & {
  readonly plane?: Plane
  answer(call: VendorCall): Reply | Promise<Reply>
}

/** A route of the vendor's dialect. Refusals of the wire format keep the vendor's own status and words. */
export function vendorRoute({ plane = 'data', answer, ...definition }: VendorRoute): AnyRoute {
  return {
    ...definition,
    tag: 'pinecone',
    pinecone: plane,
    async handle(call) {
      try {
        return await answer(vendorCall(call as Call<TenantAccess, unknown, unknown, unknown>))
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        throw new AppError('invalid_request', error.message, { cause: error })
      }
    },
  }
}

function vendorCall(call: Call<TenantAccess, unknown, unknown, unknown>): VendorCall {
  const body = (call.body ?? {}) as JsonObject
  const query = call.query as URLSearchParams
  const params = call.params as Readonly<Record<string, string>>
  const named = params.namespace ?? query.get('namespace') ?? optionalString(body, 'namespace')
  return {
    principal: call.principal,
    body,
    query,
    params,
    version: apiVersion(call.header('x-pinecone-api-version')),
    namespace: named ?? '',
    get signal() {
      return call.signal
    },
    header: (name) => call.header(name),
  }
}

/** A 200; `x-registry` tells that Postgres is unavailable and the last known place was read. */
export function found(json: unknown, stale = false): Reply {
  return { status: 200, json, ...(stale && { headers: { 'x-registry': 'stale' } }) }
}
