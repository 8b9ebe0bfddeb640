import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'

export interface Seen {
  readonly method: string
  readonly path: string
  readonly token: string | undefined
  readonly body: unknown
}

export interface FakeAdmin extends AsyncDisposable {
  readonly url: string
  readonly seen: Seen[]
}

/** An admin listener whose answers the test writes: `answer` gives a status and a document for each request. */
export async function fakeAdmin(answer: (seen: Seen) => readonly [number, unknown]): Promise<FakeAdmin> {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const body = request.headers['content-type'] === undefined ? undefined : await json(request)
    const token = request.headers.authorization?.replace('Bearer ', '')
    const one = { method: request.method ?? '', path: request.url ?? '', token, body }
    seen.push(one)
    const [status, document] = answer(one)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
