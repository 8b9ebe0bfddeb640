import { connect, type Socket } from 'node:net'
import { quantile } from './statistics.ts'

/** One request as sent over the wire. */
export interface LoadRequest {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  /** Each `#########` is replaced by a unique number, so that no cache knows the request. */
  readonly body: string
}

export interface LoadOrder {
  /** Sent in turn, all to the same host. */
  readonly requests: readonly LoadRequest[]
  readonly connections: number
  readonly warmUpMs: number
  readonly measureMs: number
}

export interface LoadResult {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly count: number
}

export const uniqueMark = '#########'

/**
 * A closed loop of keep-alive connections over bare sockets: it costs about a tenth of a server's work on a request, so
 * that the measurement shows the server. Anything but a 200 ends the run.
 */
export async function runLoad(order: LoadOrder): Promise<LoadResult> {
  const startsAt = performance.now() + order.warmUpMs
  const endsAt = startsAt + order.measureMs
  const latencies: number[] = []
  const wires = order.requests.map(toWire)
  await Promise.all(
    Array.from({ length: order.connections }, (_, at) => {
      let next = at
      const take = () => wires[next++ % wires.length] as Wire
      return runConnection(take, (sentAt, doneAt) => {
        if (sentAt >= startsAt && doneAt <= endsAt) latencies.push(doneAt - sentAt)
        return doneAt < endsAt
      })
    }),
  )
  return {
    requestsPerSecond: (latencies.length / order.measureMs) * 1000,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    count: latencies.length,
  }
}

interface Wire {
  readonly host: string
  readonly port: number
  readonly bytes: Buffer
  readonly markAt: number
}

let unique = Math.floor(Math.random() * 5e8)

function toWire({ url, method, headers, body }: LoadRequest): Wire {
  const { hostname, port, host, pathname, search } = new URL(url)
  const head = [`${method} ${pathname}${search} HTTP/1.1`, `host: ${host}`]
  for (const [name, value] of Object.entries(headers)) head.push(`${name}: ${value}`)
  head.push(`content-length: ${Buffer.byteLength(body)}`)
  const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
  return { host: hostname, port: Number(port), bytes, markAt: bytes.indexOf(uniqueMark) }
}

function runConnection(take: () => Wire, onDone: (sentAt: number, doneAt: number) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let wire = take()
    const socket: Socket = connect(wire.port, wire.host)
    socket.setNoDelay(true)
    let received: Buffer = Buffer.alloc(0)
    let sentAt = 0
    const send = () => {
      if (wire.markAt >= 0) wire.bytes.write(String(1e8 + (unique++ % 9e8)), wire.markAt, 'latin1')
      sentAt = performance.now()
      // A wire is shared by the connections, and the next one may overwrite its mark before this one is sent.
      socket.write(wire.markAt >= 0 ? Buffer.from(wire.bytes) : wire.bytes)
    }
    socket.on('connect', send)
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const end = endOfAnswer(received)
      if (end === undefined) return
      if (!received.subarray(0, 12).equals(ok)) {
        socket.destroy()
        reject(new Error(`an answer was not 200: ${received.toString('utf8', 0, 600)}`))
        return
      }
      received = received.subarray(end)
      if (onDone(sentAt, performance.now())) {
        wire = take()
        send()
      } else {
        socket.end()
        resolve()
      }
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the server closed a connection that was in use')))
  })
}

const ok = Buffer.from('HTTP/1.1 200')

/** The end of the answer that `bytes` begins with, once it is complete. */
function endOfAnswer(bytes: Buffer): number | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = bytes.toString('latin1', 0, headEnd)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) {
    const end = headEnd + 4 + Number(length)
    return bytes.length >= end ? end : undefined
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) throw new Error(`an answer without a length: ${head}`)
  const last = bytes.indexOf('\r\n0\r\n\r\n', headEnd)
  return last < 0 ? undefined : last + 7
}
