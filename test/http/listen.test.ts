import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import type { Principal } from '../../src/auth/principal.ts'
import { type Listener, listen } from '../../src/http/listen.ts'
import type { AnyRoute } from '../../src/http/pipeline/route.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { expectStatus } from '../support/expect-status.ts'
import { acme, echoRoute, json, type KitAppOptions, plainRoute, publicApp } from './kit-app.ts'

const local = { host: '127.0.0.1', port: 0 }

async function served(routes: readonly AnyRoute[], closeLimitMs = 5000, options: KitAppOptions = {}) {
  const kit = publicApp(routes, options)
  const listener = await listen(kit.app, { ...local, closeLimitMs })
  return { ...kit, listener, [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose]() }
}

/** A handler held open until told. */
function held() {
  const entered = Promise.withResolvers<AbortSignal>()
  const leave = Promise.withResolvers<void>()
  const handle: AnyRoute['handle'] = async (call) => {
    entered.resolve(call.signal)
    await leave.promise
    return { status: 200, json: { done: true } }
  }
  return { route: plainRoute('get', '/held', handle), entered: entered.promise, leave: leave.resolve }
}

/** Sends a body in chunks, without a content length. */
async function chunked(listener: Listener, chunks: readonly (string | Buffer)[]): Promise<IncomingMessage> {
  const request = httpRequest(`${listener.url}/echo`, { method: 'POST', headers: json })
  request.on('error', () => undefined)
  const answered = once(request, 'response')
  for (const chunk of chunks) request.write(chunk)
  request.end()
  const [response] = (await answered) as [IncomingMessage]
  return response
}

describe('a listener', () => {
  it('serves the app on a port of its own', async () => {
    await using server = await served([echoRoute])
    const response = await fetch(`${server.listener.url}/echo`, {
      method: 'POST',
      headers: json,
      body: '{"query":"ä"}',
    })
    expectStatus(response, 200)
    expect(await response.json()).toMatchObject({ body: { query: 'ä' } })
    expect(response.headers.get('cache-control')).toBe('private, no-store')
  })

  it('says in one sentence that a port is taken', async () => {
    await using server = await served([])
    const { port } = server.listener
    await expect(listen(server.app, { ...local, port })).rejects.toThrow(
      `127.0.0.1:${port} is in use; stop what listens there or choose another port.`,
    )
  })

  it('counts the bytes of a body that does not say its length', async () => {
    await using server = await served([{ ...echoRoute, bodyLimitBytes: 1000 }])
    expect((await chunked(server.listener, ['{"query":"', 'a'.repeat(500), '"}'])).statusCode).toBe(200)
    expect((await chunked(server.listener, ['{"query":"', 'a'.repeat(900), 'b'.repeat(900)])).statusCode).toBe(413)
    expect((await chunked(server.listener, [Buffer.alloc(3_000_000, 97)])).statusCode).toBe(413)
  })

  it('refuses a declared length over the limit without waiting for the body', async () => {
    await using server = await served([echoRoute])
    const request = httpRequest(`${server.listener.url}/echo`, {
      method: 'POST',
      headers: { ...json, 'content-length': 50_000_000 },
    })
    request.on('error', () => undefined)
    request.write('{')
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(413)
    request.destroy()
  })

  it('answers a request without a sound address as a problem', async () => {
    await using server = await served([])
    const socket = connect(server.listener.port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n')
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
    expect(text).toContain('"code":"invalid_request"')
  })
})

describe('a caller who disconnects', () => {
  it("fires the call's signal, and is counted as 499 and as no error", async () => {
    const step = held()
    await using server = await served([step.route])
    const leaving = new AbortController()
    const asked = fetch(`${server.listener.url}/held`, { headers: acme, signal: leaving.signal }).catch(() => 'gone')
    const signal = await step.entered
    const fired = once(signal, 'abort')
    leaving.abort()
    expect(await asked).toBe('gone')
    await fired
    expect(signal.aborted).toBe(true)
    step.leave()
  })

  it('in the middle of a body ends the request, whether its reading has begun or not', async () => {
    const asked = Promise.withResolvers<void>()
    const known = Promise.withResolvers<Principal>()
    const tenant: Principal = {
      kind: 'tenant',
      tenantId: parseTenantId('acme'),
      subject: 'acme-app',
      scopes: new Set(['rag:read'] as const),
      groups: [],
    }
    let requests = 0
    const verify = () => {
      requests += 1
      if (requests === 1) return tenant
      asked.resolve()
      return known.promise
    }
    await using server = await served([echoRoute], 5000, { verify })
    const gone = () => server.lines.filter(({ status }) => status === 499).length
    const half = () => {
      const socket = connect(server.listener.port, '127.0.0.1')
      const head = 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100'
      socket.write(`${head}\r\nExpect: 100-continue\r\n\r\n{"query"`)
      return socket
    }
    const first = half()
    await once(first, 'data') // the server waits for the body
    first.destroy()
    await vi.waitFor(() => expect(gone()).toBe(1), { timeout: 60_000 })
    const second = half()
    await asked.promise
    second.destroy()
    // The server has heard of that once it has answered others that came later.
    for (let i = 0; i < 2; i += 1) expectStatus(await fetch(`${server.listener.url}/none`), 404)
    known.resolve(tenant)
    await vi.waitFor(() => expect(gone()).toBe(2), { timeout: 60_000 })
  })

  it('ends an event stream: the source is closed and its signal fires', async () => {
    const closed = Promise.withResolvers<AbortSignal>()
    const stream = plainRoute('get', '/events', async (call) => ({
      status: 200,
      events: (async function* () {
        try {
          yield { event: 'a', data: 1 }
          await once(call.signal, 'abort')
          yield { event: 'b', data: 2 }
        } finally {
          closed.resolve(call.signal)
        }
      })(),
    }))
    await using server = await served([stream])
    const leaving = new AbortController()
    const response = await fetch(`${server.listener.url}/events`, { headers: acme, signal: leaving.signal })
    const reader = response.body?.getReader()
    await reader?.read()
    leaving.abort()
    expect((await closed.promise).aborted).toBe(true)
  })
})

describe('closing', () => {
  it('lets a request under way finish and takes no new one', async () => {
    const step = held()
    const server = await served([step.route])
    const asked = fetch(`${server.listener.url}/held`, { headers: acme })
    const signal = await step.entered
    const closing = server.listener[Symbol.asyncDispose]()
    await expect(fetch(`${server.listener.url}/held`, { headers: acme })).rejects.toThrow()
    expect(signal.aborted).toBe(false)
    step.leave()
    expect(await (await asked).json()).toEqual({ done: true })
    await closing
  })

  it('answers what still comes over an open connection, and says that it closes', async () => {
    const step = held()
    const came = Promise.withResolvers<void>()
    const last = plainRoute('get', '/last', async () => {
      came.resolve()
      return { status: 200, json: {} }
    })
    const server = await served([step.route, last])
    const socket = connect(server.listener.port, '127.0.0.1')
    const ask = (path: string) =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer tenant:acme\r\n\r\n`)
    ask('/held')
    await step.entered
    const closing = server.listener[Symbol.asyncDispose]()
    ask('/last')
    await came.promise
    step.leave()
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    await closing
    const [, first, second] = text.split('HTTP/1.1 ')
    expect(first).toMatch(/^200 OK/)
    expect(second).toMatch(/^200 OK[\s\S]*\r\nconnection: close\r\n/i)
  })

  it('goes on serving while it drains, and ends each connection with its answer', async () => {
    await using server = await served([plainRoute('get', '/a', async () => ({ status: 200, json: {} }))])
    const answers = async () => {
      const socket = connect(server.listener.port, '127.0.0.1')
      socket.write('GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer tenant:acme\r\n\r\n')
      const [first] = await once(socket, 'data')
      return { socket, text: String(first) }
    }
    const kept = await answers()
    expect(kept.text).toMatch(/^HTTP\/1.1 200 OK[\s\S]*\r\nconnection: keep-alive\r\n/i)
    server.listener.drain()
    const ended = once(kept.socket, 'end')
    kept.socket.write('GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer tenant:acme\r\n\r\n')
    const [second] = await once(kept.socket, 'data')
    expect(String(second)).toMatch(/^HTTP\/1.1 200 OK[\s\S]*\r\nconnection: close\r\n/i)
    await ended
    expect((await answers()).text).toMatch(/^HTTP\/1.1 200 OK[\s\S]*\r\nconnection: close\r\n/i)
  })

  it('cuts what does not finish within the limit, and its signal fires', async () => {
    const step = held()
    const server = await served([step.route], 50)
    const asked = fetch(`${server.listener.url}/held`, { headers: acme }).catch(() => 'cut')
    const signal = await step.entered
    await server.listener[Symbol.asyncDispose]()
    expect(await asked).toBe('cut')
    expect(signal.aborted).toBe(true)
    step.leave()
  })

  it('ends event streams at once when the service ends them, so that they hold nothing up', async () => {
    const stream = plainRoute('get', '/events', async (call) => ({
      status: 200,
      events: (async function* () {
        yield { event: 'a', data: 1 }
        await once(call.signal, 'abort')
      })(),
    }))
    const server = await served([stream], 60_000)
    const response = await fetch(`${server.listener.url}/events`, { headers: acme })
    const text = response.text()
    server.drain.abort()
    await server.listener[Symbol.asyncDispose]()
    expect(await text).toMatch(/^: open\n\n/)
  })

  it('may be asked for twice', async () => {
    const server = await served([])
    await server.listener[Symbol.asyncDispose]()
    await server.listener[Symbol.asyncDispose]()
    await expect(fetch(server.listener.url)).rejects.toThrow()
  })
})
