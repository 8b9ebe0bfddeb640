import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { freePort } from '../../src/embedded/free-port.ts'

/** How a dependency may be sick. `down`: nothing listens. `hung`: it takes everything and answers nothing. */
export type ProxyFault =
  | { readonly kind: 'none' | 'down' | 'hung' }
  /** Each part of an answer comes that much later. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Whatever is asked, this comes back. */
  | { readonly kind: 'wrong'; readonly bytes: string }
  /** Up and away in turn, each for that long: meanwhile connections are taken and dropped. */
  | { readonly kind: 'flapping'; readonly everyMs: number }

export interface FaultProxy extends AsyncDisposable {
  /** The same URL, through this way. */
  readonly url: string
  /** Bytes that came from callers so far. */
  readonly asked: () => number
  /** Treats connections as told from now on. Those of before are cut, but where they are to be slow or to hang. */
  be(fault: ProxyFault): Promise<void>
}

/** A TCP way to a server that fails as it is told, whatever is spoken over it. */
export async function faultProxy(to: string): Promise<FaultProxy> {
  const target = new URL(to)
  const port = await freePort()
  const sockets = new Set<Socket>()
  let fault: ProxyFault = { kind: 'none' }
  let isAway = false
  let server: Server | undefined
  let asked = 0
  let flap: ReturnType<typeof setInterval> | undefined

  const track = (socket: Socket): Socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    return socket
  }
  const meet = (near: Socket) => {
    track(near)
    if (isAway) return void near.destroy()
    near.on('data', (bytes) => {
      asked += bytes.length
    })
    const given = fault
    if (given.kind === 'hung') return
    if (given.kind === 'wrong') return void near.once('data', () => near.end(given.bytes))
    const far = track(createConnection(Number(target.port), target.hostname))
    const later = (work: () => void) => void (fault.kind === 'slow' ? setTimeout(work, fault.ms) : work())
    // What hangs loses its connections without a word: neither side hears of the other any more.
    const whileWhole = (work: () => void) => {
      if (fault.kind !== 'hung') work()
    }
    near.on('data', (bytes) => whileWhole(() => far.write(bytes)))
    far.on('data', (bytes) => later(() => whileWhole(() => near.write(bytes))))
    near.on('close', () => far.destroy())
    far.on('close', () => later(() => whileWhole(() => near.destroy())))
  }
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const open = async () => {
    if (server !== undefined) return
    server = createServer(meet)
    await once(server.listen(port, '127.0.0.1'), 'listening')
  }
  const close = async () => {
    const closing = server
    server = undefined
    if (closing === undefined) return
    const closed = once(closing, 'close')
    closing.close()
    cut()
    await closed
  }
  await open()
  const url = new URL(to)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return {
    url: url.href.replace(/\/$/, target.pathname === '/' ? '' : '/'),
    asked: () => asked,
    async be(next) {
      clearInterval(flap)
      isAway = false
      const isSoft = next.kind === 'slow' && fault.kind === 'none'
      fault = next
      if (next.kind === 'hung' || isSoft) return open()
      cut()
      if (next.kind === 'down') return close()
      await open()
      if (next.kind !== 'flapping') return
      flap = setInterval(() => {
        isAway = !isAway
        if (isAway) cut()
      }, next.everyMs)
    },
    async [Symbol.asyncDispose]() {
      clearInterval(flap)
      await close()
    },
  }
}

/** An answer with status 200 that no dependency over HTTP would give. */
export const oddAnswer: ProxyFault = {
  kind: 'wrong',
  bytes: 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
}
