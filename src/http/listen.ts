import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener, RequestError } from '@hono/node-server'
import type { Hono } from 'hono'
import { AppError } from '../errors.ts'
import { problemResponse } from './pipeline/reply.ts'

export interface ListenOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Time that running requests get to finish when the listener closes. Default 10,000. */
  readonly closeLimitMs?: number
}

export interface Listener extends AsyncDisposable {
  readonly port: number
  /** `http://host:port`, with a reachable host. */
  readonly url: string
  /** Makes each answer from now on close its connection, so that callers reconnect elsewhere. */
  drain(): void
}

/** Address and headers of a request. The vendor's clients name the 1,000 ids of a fetch in the address. */
const headBytesMax = 256 * 1024

/**
 * Serves an app over HTTP/1.1.
 * @returns a listener. Disposing it accepts nothing new, lets running requests finish within `closeLimitMs`, and then
 *   cuts the rest, which fires those calls' signals.
 * @throws Error with one clear sentence when the port is taken or not allowed.
 */
export async function listen(app: Pick<Hono, 'fetch'>, options: ListenOptions): Promise<Listener> {
  const answer = getRequestListener(app.fetch, {
    // Only what Hono never saw ends here: a request without a sound address.
    errorHandler: (fault) => problemResponse(requestFault(fault), crypto.randomUUID()),
  })
  let draining = false
  let closing = false
  const server = createServer(
    {
      // Longer than the idle time of the usual balancers (60 s), so that they close first and never write to a socket that is going.
      keepAliveTimeout: 65_000,
      headersTimeout: 15_000,
      requestTimeout: 120_000,
      maxHeaderSize: headBytesMax,
      connectionsCheckingInterval: 5000,
    },
    (incoming, outgoing) => {
      if (draining) outgoing.setHeader('connection', 'close')
      return answer(incoming, outgoing)
    },
  )
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(options.port, options.host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new Error(whyNot(cause, options), { cause })
  }
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://${callable(options.host)}:${port}`,
    drain: () => {
      draining = true
    },
    async [Symbol.asyncDispose]() {
      if (closing) return
      closing = true
      draining = true
      const closed = once(server, 'close')
      server.close()
      // Connections go idle one by one as their answers end; Node closes only those that are idle at the call.
      const sweep = setInterval(() => server.closeIdleConnections(), 50)
      const limit = setTimeout(() => server.closeAllConnections(), options.closeLimitMs ?? 10_000)
      await closed
      // A cut socket's own `close`, which fires the signals of its calls, comes after the server's.
      await Promise.all([...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))))
      clearInterval(sweep)
      clearTimeout(limit)
    },
  }
}

function requestFault(fault: unknown): AppError {
  return fault instanceof RequestError
    ? new AppError('invalid_request', 'The request has no valid address or Host header.', { cause: fault })
    : new AppError('internal', 'unexpected', { cause: fault })
}

function whyNot(cause: unknown, { host, port }: ListenOptions): string {
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const place = `${host}:${port}`
  if (code === 'EADDRINUSE') return `${place} is in use; stop what listens there or choose another port.`
  if (code === 'EACCES') return `${place} may not be opened by this user; choose a port above 1023.`
  if (code === 'EADDRNOTAVAIL') return `${host} is not an address of this machine.`
  return `${place} cannot be opened.`
}

function callable(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
