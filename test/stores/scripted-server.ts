import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/**
 * The reaction to the next request; without a body, the vendor's smallest answer. `reset` and `hang` have read it,
 * `cut` ends in the middle of the answer.
 */
export type Step =
  | {
      readonly status?: number
      readonly body?: unknown
      readonly headers?: Readonly<Record<string, string>>
      readonly after?: Promise<unknown>
    }
  | 'reset'
  | 'hang'
  | 'cut'

export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string
  readonly seen: readonly SeenRequest[]
  readonly connections: () => number
  /** Steps are used one a request; the last one goes on for ever. */
  script(...steps: readonly (Step | ((request: SeenRequest) => Step))[]): void
  /** Waits until so many requests have come, counted from the last script. */
  reached(requests: number): Promise<void>
  /** Waits until a client has closed a connection. */
  readonly clientLeft: Promise<void>
}

/** A server that speaks no protocol but what its script says, over real sockets. */
export async function scriptedServer(): Promise<ScriptedServer> {
  let steps: readonly (Step | ((request: SeenRequest) => Step))[] = [{}]
  const seen: SeenRequest[] = []
  const sockets = new Set<Socket>()
  const waiters: { readonly count: number; readonly resolve: () => void }[] = []
  const left = Promise.withResolvers<void>()

  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => {
      body += part
    })
    request.on('error', () => undefined)
    request.on('end', async () => {
      const { method = '', url = '', headers } = request
      const arrived = { method, url, headers, body }
      const next = steps[Math.min(seen.length, steps.length - 1)] ?? {}
      seen.push(arrived)
      for (const waiter of waiters) if (seen.length >= waiter.count) waiter.resolve()
      const step = typeof next === 'function' ? next(arrived) : next
      if (step === 'hang') return
      if (step === 'reset') {
        request.socket.resetAndDestroy()
        return
      }
      if (step === 'cut') {
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' })
        response.write('{"upserted', () => request.socket.destroy())
        return
      }
      await step.after
      const answer = step.body === undefined ? smallestAnswer(arrived) : step.body
      const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
      response.writeHead(step.status ?? 200, { 'Content-Type': 'application/json', ...step.headers })
      response.end(text)
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => left.resolve())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    connections: () => sockets.size,
    script(...next) {
      steps = next
      seen.length = 0
    },
    reached(count) {
      if (seen.length >= count) return Promise.resolve()
      const { promise, resolve } = Promise.withResolvers<void>()
      waiters.push({ count, resolve })
      return promise
    },
    clientLeft: left.promise,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The vendor's data-plane answer to a request that succeeds and finds nothing. */
function smallestAnswer({ url, body }: SeenRequest): unknown {
  const path = url.replace(/\?.*/, '')
  switch (path) {
    case '/vectors/upsert':
      return { upsertedCount: JSON.parse(body).vectors.length }
    case '/query':
      return { matches: [] }
    case '/vectors/fetch':
    case '/vectors/fetch_by_metadata':
      return { vectors: {} }
    case '/vectors/list':
      return { vectors: [] }
    default:
      return {}
  }
}
