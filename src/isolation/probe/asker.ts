import { setTimeout as sleep } from 'node:timers/promises'
import type { Canary } from './canary.ts'
import type { Exceptions } from './exceptions.ts'
import type { ProbeAnswer } from './judge.ts'
import type { Ask, ProbedRoute } from './probed-route.ts'

/** How the deployment's listeners are reached: as callers reach them. */
export interface Doors {
  public(request: Request): Promise<Response>
  admin(request: Request): Promise<Response>
}

const triesMax = 6
const pauseMaxMs = 10_000
const timeoutMs = 60_000

/** Asks routes of the deployment with a canary's key, or with none. */
export class Asker {
  readonly #doors: Doors
  readonly #routes: ReadonlyMap<string, ProbedRoute>
  readonly #exceptions: Exceptions
  readonly signal: AbortSignal

  constructor(doors: Doors, routes: readonly ProbedRoute[], exceptions: Exceptions, signal: AbortSignal) {
    this.#doors = doors
    this.#routes = new Map(routes.map((route) => [route.name, route]))
    this.#exceptions = exceptions
    this.signal = signal
  }

  /**
   * Sends a request. What is busy (429, 503, a document that is being written) is asked again for a while.
   * @returns the last answer; status 0: there was none.
   */
  async ask(route: ProbedRoute, ask: Ask, key: string | undefined): Promise<ProbeAnswer> {
    for (let tries = 1; ; tries++) {
      this.signal.throwIfAborted()
      const { answer, retryAfterMs } = await this.#once(route, ask, key)
      this.#exceptions.asked(route.name, answer.status)
      if (retryAfterMs === undefined || tries === triesMax) return answer
      await sleep(retryAfterMs, undefined, { signal: this.signal })
    }
  }

  /** A request that has to succeed, as a canary's app or its insider. @throws Error with the refusal */
  async need(name: string, ask: Ask, by: Canary, as: 'app' | 'insider' = 'app'): Promise<string> {
    const route = this.#routes.get(name)
    if (route === undefined) throw new Error(`the deployment has no route ${name}`)
    const { status, text } = await this.ask(route, ask, by[as])
    if (status >= 200 && status < 300) return text
    throw new Error(`${name} of ${by.tenantId} was answered with ${status}: ${text.slice(0, 300)}`)
  }

  async #once(route: ProbedRoute, ask: Ask, key: string | undefined) {
    try {
      const response = await this.#doors[route.side](requestOf(route, ask, key, this.signal))
      const text = await response.text()
      const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\n`).join('')
      const answer: ProbeAnswer = { status: response.status, text, headers }
      return { answer, retryAfterMs: retryAfter(response, text) }
    } catch (error) {
      if (this.signal.aborted) throw this.signal.reason
      const words = error instanceof Error ? error.message : String(error)
      return { answer: { status: 0, text: words, headers: '' }, retryAfterMs: 500 }
    }
  }
}

function retryAfter({ status, headers }: Response, body: string): number | undefined {
  const isBusy = status === 409 && body.includes('document_busy')
  if (status !== 429 && status !== 503 && !isBusy) return undefined
  return Math.min(pauseMaxMs, Math.max(0.2, Number(headers.get('retry-after') ?? 0.5)) * 1000)
}

function requestOf(
  route: ProbedRoute,
  { params = {}, query = {}, headers = {}, body, form }: Ask,
  key: string | undefined,
  stop: AbortSignal,
): Request {
  // A route's parameter that a request does not choose: an id of nothing.
  const path = route.path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? 'none'))
  const search = new URLSearchParams(query).toString()
  const url = `http://localhost${path}${search === '' ? '' : `?${search}`}`
  const proof = key === undefined ? {} : route.isVendors ? { 'api-key': key } : { authorization: `Bearer ${key}` }
  const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)])
  const method = route.method.toUpperCase()
  if (form !== undefined)
    return new Request(url, { method, headers: { ...headers, ...proof }, body: formOf(form), signal })
  return new Request(url, {
    method,
    headers: { ...headers, ...proof, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal,
  })
}

function formOf({ text, more = [], fields }: NonNullable<Ask['form']>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  for (const [i, each] of [text, ...more].entries())
    form.append('file', new Blob([each], { type: 'text/plain' }), `canary-${i}.txt`)
  return form
}
