import { setTimeout as sleep } from 'node:timers/promises'

export interface HttpCallOptions {
  readonly token: string
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface Called {
  readonly status: number
  readonly ok: boolean
  readonly json: Readonly<Record<string, unknown>>
  /** Seconds that `Retry-After` asks for; 0 without it. */
  readonly retryAfterS: number
}

/** Sends one request to the service over HTTP, as its users do. */
export async function call(url: string, options: HttpCallOptions): Promise<Called> {
  const response = await fetch(url, {
    method: methodOf(options),
    headers: {
      authorization: `Bearer ${options.token}`,
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const text = await response.text()
  return {
    status: response.status,
    ok: response.ok,
    json: text === '' ? {} : JSON.parse(text),
    retryAfterS: Number(response.headers.get('retry-after') ?? 0),
  }
}

function methodOf(options: HttpCallOptions): string {
  return options.method ?? (options.body === undefined ? 'GET' : 'POST')
}

/**
 * Like `call`, but retries as long as the service says when to.
 * @throws Error with the service's reason when it refuses for good.
 */
export async function callUntilTaken(url: string, options: HttpCallOptions): Promise<Called> {
  for (let tries = 1; ; tries += 1) {
    const called = await call(url, options)
    if (called.ok) return called
    const again = (called.status === 429 || called.status === 503) && tries < 60
    if (!again)
      throw new Error(
        `${methodOf(options)} ${new URL(url).pathname} was refused (${called.status}): ${called.json.detail ?? ''}`,
      )
    await sleep(Math.max(0.1, called.retryAfterS) * 1000, undefined, options.signal ? { signal: options.signal } : {})
  }
}
