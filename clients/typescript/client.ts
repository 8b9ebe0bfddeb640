import createFetchClient, { type Client } from 'openapi-fetch'
import type { paths } from './api.ts'
import { retrying } from './retrying.ts'

export interface ClientOptions {
  /** The public listener, as in `https://rag.example.com`. */
  readonly baseUrl: string
  /** A tenant token, or what gives one: it is asked before every attempt, so it can renew a token that runs out. */
  readonly token: string | (() => string | Promise<string>)
  /** Replaces the global `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>
  /** Retries of a request answered 429 or 503. Default 3; 0 turns them off. */
  readonly retries?: number
  /** An answer that asks for a longer wait is given back as it is. Default 30,000. */
  readonly longestWaitMs?: number
}

/** Every call of the public listener, with the types of its OpenAPI document. */
export type TenantRouterClient = Client<paths>

/**
 * A client of one tenant: which one, the token says. Calls give `{data, error, response}`; `answerOf` of `answer.ts`
 * turns that into the data or an exception.
 */
export function createClient(options: ClientOptions): TenantRouterClient {
  const { baseUrl, token, fetch: send = (request) => globalThis.fetch(request) } = options
  const signed = async (request: Request): Promise<Response> => {
    request.headers.set('authorization', `Bearer ${typeof token === 'string' ? token : await token()}`)
    return send(request)
  }
  const { retries = 3, longestWaitMs = 30_000 } = options
  return createFetchClient<paths>({ baseUrl, fetch: retrying(signed, { retries, longestWaitMs }) })
}
