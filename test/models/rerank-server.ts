import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RerankRequest {
  readonly path: string
  readonly authorization: string | undefined
  readonly body: Readonly<Record<string, unknown>>
}

type Step =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | 'hang'
  | 'lose'

export interface RerankServer extends AsyncDisposable {
  readonly url: string
  readonly seen: readonly RerankRequest[]
  /** Sets one step per request; later requests are served as usual. */
  meet(...steps: readonly Step[]): void
  /** Waits until the client has let go of a request that hangs. */
  hungUp(): Promise<void>
}

/** Cohere's, Jina's and TEI's rerank calls: a text's score is what number stands in it, in thousandths. */
export async function rerankServer(): Promise<RerankServer> {
  const seen: RerankRequest[] = []
  let steps: Step[] = []
  const gone = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => {
      text += part
    })
    request.on('end', () => {
      const body: Readonly<Record<string, unknown>> = JSON.parse(text)
      const path = request.url ?? ''
      seen.push({ path, authorization: request.headers.authorization, body })
      const step = steps.shift()
      if (step === 'hang') {
        response.on('close', () => gone.resolve())
        return
      }
      if (step === 'lose') return void request.socket.destroy()
      const { status, body: answer, headers } = step ?? { status: 200, body: answerTo(path, body) }
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? {}))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    meet(...next) {
      steps = [...next]
    },
    hungUp: () => gone.promise,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The best first, as all three answer. */
function answerTo(path: string, { documents, texts, model }: RerankRequest['body']): unknown {
  const all = (path === '/rerank' ? texts : documents) as readonly string[]
  const ranked = all
    .map((text, index) => ({ index, score: Number(/\d+/.exec(text)?.[0] ?? 0) / 1000 }))
    .toSorted((left, right) => right.score - left.score)
  if (path === '/rerank') return ranked
  return { model, results: ranked.map(({ index, score }) => ({ index, relevance_score: score })) }
}
