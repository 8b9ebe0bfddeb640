import { createServer, type IncomingMessage, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** One request of a client, and its answer. Hosts are written as `{origin}` and `{host:<index>}`. */
export interface Exchange {
  readonly method: string
  readonly path: string
  /** `X-Pinecone-Api-Version`; null where none was sent. */
  readonly version: string | null
  readonly body: unknown
  readonly status: number
  readonly answer: unknown
}

export interface Recorder extends AsyncDisposable {
  readonly url: string
  readonly exchanges: Exchange[]
}

/** A proxy that writes down what passes. It passes the `Host` on, so that the hosts of indexes lead through it too. */
export async function recorder(target: string): Promise<Recorder> {
  const exchanges: Exchange[] = []
  let origin = ''
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request)
      const { method = '', url = '', headers } = request
      const answer = await pass(target, request, body)
      const answerText = await text(answer)
      const status = answer.statusCode ?? 0
      const version = headers['x-pinecone-api-version']
      exchanges.push({
        method,
        path: withoutHosts(url, origin),
        version: typeof version === 'string' ? version : null,
        body: parsed(body),
        status,
        answer: parsed(withoutHosts(answerText, origin)),
      })
      response.writeHead(status, answer.headers)
      response.end(answerText)
    })().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: origin,
    exchanges,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Takes out what another run has otherwise: the port, and the seven digits in the host of an index. */
export function withoutHosts(text: string, origin: string): string {
  return text
    .replaceAll(origin, '{origin}')
    .replaceAll(/(?<=^|\{origin\})\/i\/([a-z0-9-]+)-[0-9a-f]{7}/g, (_, index) => `/i/{host:${index}}`)
}

/** Gives ids that a client drew by chance the same names in every run, in the order of their first use. */
export function withoutChance(exchanges: readonly Exchange[]): Exchange[] {
  const names = new Map<string, string>()
  const text = JSON.stringify(exchanges).replaceAll(uuid, (id) => {
    const name = names.get(id) ?? `00000000-0000-4000-8000-${String(names.size).padStart(12, '0')}`
    names.set(id, name)
    return name
  })
  return JSON.parse(text)
}

export function parsed(body: string): unknown {
  if (body === '') return null
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

function pass(target: string, { method, url, headers }: IncomingMessage, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = send(new URL(url ?? '/', target), { method, headers }, resolve)
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
