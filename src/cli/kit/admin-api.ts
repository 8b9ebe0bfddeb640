import { readEvents, type ServerEvent } from './event-source.ts'
import { CliError } from './exit-code.ts'
import { printable } from './printable.ts'

type Json = Readonly<Record<string, unknown>>

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path with ids already encoded. */
  readonly path: string
  readonly body?: Json
  /** Longest wait for the answer; default a minute. */
  readonly timeoutMs?: number
  /** Why, for the audit. */
  readonly note?: string | undefined
  /** Fields of the body are options of the command by the same names: a refusal calls them so. */
  readonly fieldsAreOptions?: true
}

export interface AdminApi {
  /** @throws CliError `refused` with the server's reason and code; `failed` when the server is unreachable. */
  send<T = Json>(request: ApiRequest): Promise<T>
  /**
   * Events after `lastEventId`, until the connection ends. Undefined when the server has no such stream; calling `send`
   * for the watched object returns the reason.
   * @throws when the connection cannot be made, or breaks.
   */
  events(path: string, lastEventId: string | undefined): Promise<AsyncIterable<ServerEvent> | undefined>
}

const usualRemedy = 'TENANT_ROUTER_URL its admin listener'

/**
 * A listener over HTTP, until `interrupted` fires.
 * @param named the setting that names it, and what it is
 */
export function adminApi(
  baseUrl: string,
  token: string,
  interrupted: AbortSignal,
  named: string = usualRemedy,
): AdminApi {
  return {
    async send<T>(request: ApiRequest) {
      const response = await reach({ baseUrl, token, interrupted, named }, request)
      const text = await response.text()
      const document = parse(text)
      if (response.ok && document !== undefined) return document as T
      if (response.ok) return {} as T
      throw refusal(response.status, document, request)
    },
    async events(path, lastEventId) {
      const response = await fetch(new URL(path, baseUrl), {
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'text/event-stream',
          ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
        },
        signal: interrupted,
      })
      const isStream = response.ok && response.headers.get('content-type')?.startsWith('text/event-stream')
      if (isStream && response.body !== null) return readEvents(response.body, interrupted)
      await response.body?.cancel()
      return undefined
    },
  }
}

interface Listener {
  readonly baseUrl: string
  readonly token: string
  readonly interrupted: AbortSignal
  readonly named: string
}

async function reach({ baseUrl, token, interrupted, named }: Listener, request: ApiRequest): Promise<Response> {
  const timeout = AbortSignal.timeout(request.timeoutMs ?? 60_000)
  try {
    return await fetch(new URL(request.path, baseUrl), {
      method: request.method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(request.note === undefined ? {} : { 'x-change-note': encodeURIComponent(request.note) }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal: AbortSignal.any([timeout, interrupted]),
    })
  } catch (error) {
    if (interrupted.aborted) throw error
    const why = causeOf(error)
    const remedy = `is the service running, and is ${named}?`
    // A request that reached nobody did nothing.
    const isSent = request.method !== 'GET' && !['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(why)
    const fate = isSent ? ' Whether it was done is not known: look before you repeat it.' : ''
    throw new CliError('failed', `No answer from ${baseUrl} (${why}): ${remedy}${fate}`, {
      cause: error,
      isTemporary: true,
    })
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return (cause as { code?: string }).code ?? (cause instanceof Error ? cause.message : String(cause))
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** An RFC 9457 refusal of the service; any other body comes from a different server. */
function refusal(
  status: number,
  problem: Json | undefined,
  { fieldsAreOptions }: Pick<ApiRequest, 'fieldsAreOptions'>,
): CliError {
  // Also of a proxy, while a replica behind it starts anew.
  const isTemporary = [429, 502, 503, 504].includes(status)
  if (typeof problem?.code !== 'string') {
    const words = `Answered ${status}, and not as tenant-router does: check TENANT_ROUTER_URL.`
    return new CliError('failed', words, { isTemporary })
  }
  const faults: readonly Json[] = Array.isArray(problem.faults) ? problem.faults : []
  const said = ({ path, message }: Json) =>
    fieldsAreOptions ? optionWords({ path: `${path}`, message: `${message}` }) : `${path}: ${message}`
  const fields = faults.map((fault) => `\n  ${printable(said(fault))}`)
  const id = problem.requestId === undefined ? '' : ` [request ${problem.requestId}]`
  const words = printable(`${problem.detail ?? problem.title} (${status} ${problem.code})${id}`)
  return new CliError('refused', `Refused: ${words}${fields.join('')}`, { isTemporary, code: problem.code })
}

/** A field of a request as the option of the command, as in `--leave-behind must be 3 or more`. */
export function optionWords({ path, message }: { readonly path: string; readonly message: string }): string {
  return `--${path.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${message}`
}
