import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'

/** A way to a server that can be cut in the ways that networks and fail-overs cut one. */
export interface TcpWay extends AsyncDisposable {
  /** The same URL, through this way. */
  readonly url: string
  /** Connections that came so far. */
  readonly taken: () => number
  /** Silently drops the traffic of the present connections for good; new ones pass. */
  loseConnections(): void
  /** Ends every connection of now. */
  cut(): void
  /** New connections are taken and dropped at once; those of now stay as they are. */
  refuse(isOn: boolean): void
  /** New connections are taken and dropped at once, as by a pooler whose server is not there; the others are cut. */
  drop(isOn: boolean): void
}

export async function tcpWay(to: string): Promise<TcpWay> {
  const target = new URL(to)
  const pairs = new Set<{ readonly sockets: readonly [Socket, Socket]; lost: boolean }>()
  let drops = false
  let taken = 0
  const server = createServer((near) => {
    taken += 1
    near.on('error', () => undefined)
    if (drops) return void near.destroy()
    const far = createConnection(Number(target.port), target.hostname)
    const pair = { sockets: [near, far] as const, lost: false }
    pairs.add(pair)
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes) => void (pair.lost || into.write(bytes)))
      from.on('error', () => undefined)
      from.on('close', () => void (pair.lost || into.destroy()))
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const cutAll = () => {
    for (const { sockets } of pairs) for (const socket of sockets) socket.destroy()
    pairs.clear()
  }
  const url = new URL(to)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    taken: () => taken,
    loseConnections() {
      for (const pair of pairs) pair.lost = true
    },
    cut: cutAll,
    refuse(isOn) {
      drops = isOn
    },
    drop(isOn) {
      drops = isOn
      if (isOn) cutAll()
    },
    async [Symbol.asyncDispose]() {
      server.close()
      cutAll()
    },
  }
}
