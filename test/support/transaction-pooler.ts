import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'

/**
 * A pooler in transaction mode, as PgBouncer's (features page, "SQL feature map for pooling modes") up to 1.20: each
 * transaction gets the session that has rested longest, so that two in a row never share one, and what a client left in
 * a session stays behind: named statements, LISTEN, session locks.
 */
export interface TransactionPooler extends AsyncDisposable {
  readonly url: string
  /** Transactions that got another session than the client's last one. */
  readonly switched: () => number
  /** The next COMMIT is sent as ROLLBACK, which Postgres answers as it does a COMMIT of what has failed. */
  spoilNextCommit(): void
}

interface Session {
  readonly socket: Socket
  client: Client | undefined
}

interface Client {
  readonly socket: Socket
  session: Session | undefined
  last: Session | undefined
  readonly waiting: Buffer[]
  /** Statements sent whose ReadyForQuery has not come. */
  pending: number
}

export async function transactionPooler(to: string, sessions = 3): Promise<TransactionPooler> {
  const resting: Session[] = []
  const queue: Client[] = []
  const sockets = new Set<Socket>()
  let switched = 0
  let spoils = false

  const link = () => {
    while (queue.length > 0 && resting.length > 0) {
      const client = queue.shift() as Client
      const session = resting.shift() as Session
      if (client.last !== undefined && client.last !== session) switched += 1
      Object.assign(client, { session, last: session })
      session.client = client
      for (const message of client.waiting.splice(0)) send(client, message)
    }
  }
  const send = (client: Client, message: Buffer) => {
    const type = String.fromCharCode(message[0] ?? 0)
    if (type === 'Q' || type === 'S') client.pending += 1
    const isCommit = (type === 'Q' || type === 'P') && message.includes('commit')
    if (isCommit && spoils) {
      spoils = false
      // One letter longer, so the length is counted anew.
      const text = message.toString('latin1').slice(5).replace('commit', 'rollback')
      client.session?.socket.write(framed(type, Buffer.from(text, 'latin1')))
    } else client.session?.socket.write(message)
  }
  const rest = (session: Session) => {
    if (session.client !== undefined) session.client.session = undefined
    session.client = undefined
    resting.push(session)
    link()
  }

  for (let n = 0; n < sessions; n += 1) {
    const socket = await openSession(new URL(to))
    sockets.add(socket)
    const session: Session = { socket, client: undefined }
    const read = messages((message) => {
      const { client } = session
      // Told while nobody has this session: it goes to nobody.
      if (client === undefined) return
      client.socket.write(message)
      if (message[0] !== 90) return
      client.pending -= 1
      if (message[5] === 73 && client.pending === 0) rest(session)
    })
    socket.on('data', read)
    resting.push(session)
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    const client: Client = { socket, session: undefined, last: undefined, waiting: [], pending: 0 }
    let started = false
    const read = messages((message) => {
      if (message[0] === 88) return void socket.end()
      if (client.session !== undefined) return send(client, message)
      client.waiting.push(message)
      if (!queue.includes(client)) queue.push(client)
      link()
    })
    socket.on('data', (bytes) => {
      if (started) return read(bytes)
      started = true
      const ready = [framed('R', Buffer.alloc(4)), framed('K', Buffer.alloc(8)), framed('Z', Buffer.from('I'))]
      socket.write(Buffer.concat(ready))
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
      if (queue.includes(client)) queue.splice(queue.indexOf(client), 1)
      // An open transaction is rolled back, as PgBouncer does by closing the session.
      if (client.session !== undefined) {
        const { session } = client
        session.client = undefined
        session.socket.write(framed('Q', Buffer.from('rollback\0')))
        resting.push(session)
      }
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = new URL(to)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    switched: () => switched,
    spoilNextCommit: () => {
      spoils = true
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Logged in, by the plain password that the embedded Postgres asks for. */
async function openSession(to: URL): Promise<Socket> {
  const socket = createConnection(Number(to.port), to.hostname)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const parameters = ['user', to.username, 'database', to.pathname.slice(1), 'application_name', 'pooled', '', '']
  const body = Buffer.from(parameters.join('\0'))
  const start = Buffer.alloc(8)
  start.writeInt32BE(body.length + 8, 0)
  start.writeInt32BE(196_608, 4)
  socket.write(Buffer.concat([start, body]))
  const isReady = Promise.withResolvers<void>()
  const read = messages((message) => {
    if (message[0] === 82 && message.readInt32BE(5) === 3) {
      socket.write(framed('p', Buffer.from(`${decodeURIComponent(to.password)}\0`)))
    }
    if (message[0] === 69) isReady.reject(new Error(message.toString('latin1')))
    if (message[0] === 90) isReady.resolve()
  })
  socket.on('data', read)
  await isReady.promise
  socket.removeAllListeners('data')
  return socket
}

/** Cuts what comes into messages: a letter, a length, a body. */
function messages(take: (message: Buffer) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (bytes) => {
    rest = Buffer.concat([rest, bytes])
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = rest.readInt32BE(1) + 1
      const message = rest.subarray(0, end)
      rest = rest.subarray(end)
      take(message)
    }
  }
}

function framed(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
