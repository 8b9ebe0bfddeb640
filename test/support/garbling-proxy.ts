import { createServer, type IncomingMessage, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface GarblingProxy extends AsyncDisposable {
  readonly url: string
  /** Answers requests of this method and end of the path with status 200 and the body, without passing them on. */
  garble(request: `${string} ${string}`, body: unknown): void
  clear(): void
  /** Requests that were answered so. */
  garbled(): number
}

/**
 * A gateway before a `pinecone-local` that can answer in its place. Passes the `Host` that it was called by, so the
 * hosts of indexes lead through it too.
 */
export async function garblingProxy(target: string): Promise<GarblingProxy> {
  let rule: { readonly method: string; readonly path: string; readonly body: unknown } | undefined
  let garbled = 0
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request)
      const { method = '', url = '' } = request
      if (rule !== undefined && method === rule.method && url.replace(/\?.*/, '').endsWith(rule.path)) {
        garbled++
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(typeof rule.body === 'string' ? rule.body : JSON.stringify(rule.body))
        return
      }
      const answer = await pass(target, request, body)
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    garble(request, body) {
      const [method = '', path = ''] = request.split(' ')
      rule = { method, path, body }
      garbled = 0
    },
    clear() {
      rule = undefined
    },
    garbled: () => garbled,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function pass(target: string, { method, url, headers }: IncomingMessage, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = send(new URL(url ?? '/', target), { method, headers }, resolve)
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
