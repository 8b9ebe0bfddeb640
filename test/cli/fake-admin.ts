import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'

export interface Seen {
  readonly method: string
  readonly path: string
  readonly token: string | undefined
  readonly lastEventId: string | undefined
  readonly body: unknown
}

export interface FakeAdmin extends AsyncDisposable {
  readonly url: string
  readonly seen: Seen[]
}

/** The part of an event stream that is sent before its connection breaks. */
export class Frames {
  readonly text: string

  constructor(...frames: readonly { readonly id?: number; readonly event: string; readonly data: unknown }[]) {
    const lines = frames.map(
      ({ id, event, data }) =>
        `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
    )
    this.text = `: open\n\n${lines.join('')}`
  }
}

/**
 * An admin listener whose answers the test writes: `answer` gives a status and a document, or frames, for each request.
 * A stream of events that it says nothing of is not there.
 */
export async function fakeAdmin(answer: (seen: Seen) => readonly [number, unknown] | Frames): Promise<FakeAdmin> {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const body = request.headers['content-type'] === undefined ? undefined : await json(request)
    const token = request.headers.authorization?.replace('Bearer ', '')
    const lastEventId = request.headers['last-event-id']?.toString()
    const one = { method: request.method ?? '', path: request.url ?? '', token, body, lastEventId }
    seen.push(one)
    const answered = answer(one)
    if (answered instanceof Frames) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(answered.text, () => response.destroy())
      return
    }
    const [status, document] = answered
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
