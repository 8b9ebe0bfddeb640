import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Backend {
  readonly url: string
  readonly adminUrl: string
}

/** A request and the backend it went to; `failure` if it was not answered as it should be. */
interface Passed {
  readonly backend: Backend
  readonly closes: boolean
  readonly failure?: string
}

/**
 * A balancer as they are: asks `/readyz` each second, keeps connections open, sends to those that were ready when last
 * asked, each in turn, and tries nothing twice. Its callers send all the time.
 */
export class PollingBalancer implements AsyncDisposable {
  readonly passed: Passed[] = []
  readonly #backends: readonly Backend[]
  readonly #ready = new Set<Backend>()
  readonly #agent = new Agent({ keepAlive: true })
  readonly #end = new AbortController()
  readonly #loops: Promise<unknown>[] = []
  #turn = 0

  constructor(backends: readonly Backend[]) {
    this.#backends = backends
  }

  /** @param call makes the next request: method, path, headers and body. */
  start(callers: number, call: () => { method: string; path: string; headers: Record<string, string>; body?: string }) {
    for (const backend of this.#backends) this.#loops.push(this.#poll(backend))
    for (let caller = 0; caller < callers; caller += 1) this.#loops.push(this.#send(call))
  }

  isReady(backend: Backend): boolean {
    return this.#ready.has(backend)
  }

  answeredBy(backend: Backend): number {
    return this.passed.filter((each) => each.backend === backend && each.failure === undefined).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await Promise.all(this.#loops)
    this.#agent.destroy()
  }

  async #poll(backend: Backend): Promise<void> {
    while (!this.#end.signal.aborted) {
      const ready = await fetch(`${backend.adminUrl}/readyz`).then(
        (response) => response.ok,
        () => false,
      )
      if (ready) this.#ready.add(backend)
      else this.#ready.delete(backend)
      await sleep(1000, undefined, { signal: this.#end.signal }).catch(() => undefined)
    }
  }

  async #send(call: Parameters<PollingBalancer['start']>[1]): Promise<void> {
    while (!this.#end.signal.aborted) {
      const ready = [...this.#ready]
      const backend = ready[this.#turn++ % ready.length]
      if (backend !== undefined) this.passed.push({ backend, ...(await this.#pass(backend, call())) })
      await sleep(5)
    }
  }

  async #pass(
    { url }: Backend,
    { method, path, headers, body }: ReturnType<Parameters<PollingBalancer['start']>[1]>,
  ): Promise<{ closes: boolean; failure?: string }> {
    const sent = request(`${url}${path}`, { method, headers, agent: this.#agent })
    try {
      sent.end(body)
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      let text = ''
      for await (const chunk of response) text += String(chunk)
      const closes = response.headers.connection === 'close'
      const isGood = response.statusCode === 200 || response.statusCode === 201
      return isGood ? { closes } : { closes, failure: `${response.statusCode} ${text}` }
    } catch (error) {
      return { closes: false, failure: String(error) }
    }
  }
}
