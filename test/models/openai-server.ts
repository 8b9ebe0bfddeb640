import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface EmbeddingsRequest {
  readonly model: string
  readonly input: readonly string[]
  readonly dimensions?: number
  readonly encoding_format?: string
}

type Step =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly dimension: number }
  | { readonly lose: true }
  | 'uncounted'
  | 'hang'

export interface OpenAiServer extends AsyncDisposable {
  readonly baseUrl: string
  readonly seen: readonly EmbeddingsRequest[]
  readonly keys: readonly (string | undefined)[]
  /** Values of the header `api-key`. */
  readonly apiKeys: readonly (string | undefined)[]
  readonly urls: readonly (string | undefined)[]
  /** Waits until the client has let go of so many requests that hang. */
  hungUp(requests: number): Promise<void>
  /** Sets one step per request; later requests are served as usual. */
  meet(...steps: readonly Step[]): void
  /** Refuses requests of more texts than this, until the next `meet`. */
  limit(limit: Limit): void
}

interface Limit {
  readonly texts: number
  readonly status: number
  readonly body: unknown
}

/** The embeddings call of OpenAI's protocol, its vectors made of each text's hash. */
export async function openAiServer(dimension: number): Promise<OpenAiServer> {
  const seen: EmbeddingsRequest[] = []
  const keys: (string | undefined)[] = []
  const apiKeys: (string | undefined)[] = []
  const urls: (string | undefined)[] = []
  let limited: Limit | undefined
  let steps: Step[] = []
  let hungUp = 0
  let onHungUp: (() => void) | undefined
  const begin = (next: readonly Step[], limit: Limit | undefined) => {
    steps = [...next]
    limited = limit
    hungUp = 0
    for (const list of [seen, keys, apiKeys, urls]) list.length = 0
  }
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => {
      text += part
    })
    request.on('end', () => {
      const body: EmbeddingsRequest = JSON.parse(text)
      seen.push(body)
      keys.push(request.headers.authorization)
      apiKeys.push(request.headers['api-key']?.toString())
      urls.push(request.url)
      const step = steps.shift()
      if (step === 'hang') {
        response.on('close', () => {
          hungUp += 1
          onHungUp?.()
        })
        return
      }
      const send = (status: number, answer: unknown, headers = {}) => {
        response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
        response.end(JSON.stringify(answer))
      }
      if (typeof step === 'object' && 'status' in step) return send(step.status, step.body ?? {}, step.headers)
      if (limited !== undefined && body.input.length > limited.texts) return send(limited.status, limited.body)
      const size = typeof step === 'object' && 'dimension' in step ? step.dimension : dimension
      const data = body.input.map((input, index) => ({ object: 'embedding', index, ...embeddingOf(input, size, body) }))
      const count = body.input.reduce((sum, input) => sum + input.split(/\s+/).length, 0)
      const usage = step === 'uncounted' ? undefined : { prompt_tokens: count, total_tokens: count }
      const isLossy = typeof step === 'object' && 'lose' in step
      // Out of order on purpose: the protocol gives each its index.
      return send(200, { object: 'list', model: body.model, data: (isLossy ? data.slice(1) : data).reverse(), usage })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    keys,
    apiKeys,
    urls,
    meet: (...next) => begin(next, undefined),
    limit: (next) => begin([], next),
    hungUp: (requests) =>
      new Promise((resolve) => {
        onHungUp = () => hungUp >= requests && resolve()
        onHungUp()
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function embeddingOf(input: string, size: number, { encoding_format }: EmbeddingsRequest) {
  const hash = createHash('sha256').update(input).digest()
  const vector = Float32Array.from({ length: size }, (_, at) => (hash[at % 32] ?? 0) / 256 + at)
  const isBase64 = encoding_format === 'base64'
  return { embedding: isBase64 ? Buffer.from(vector.buffer).toString('base64') : [...vector] }
}
