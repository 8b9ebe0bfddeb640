import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { bagOfWords } from './hash-embedder.ts'

export interface EmbeddingsEndpoint extends AsyncDisposable {
  /** Value of `OPENAI_BASE_URL`. */
  readonly url: string
}

/** An OpenAI-compatible endpoint that embeds each text as its words, for a service that runs as a process of its own. */
export async function embeddingsEndpoint({ dimension = 64 } = {}): Promise<EmbeddingsEndpoint> {
  const server = createServer(async (request, response) => {
    const { input } = (await json(request)) as { readonly input: readonly string[] }
    const data = input.map((text, index) => ({ object: 'embedding', index, embedding: bagOfWords(text, dimension) }))
    const usage = { prompt_tokens: 1, total_tokens: 1 }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ object: 'list', model: 'words', data, usage }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
