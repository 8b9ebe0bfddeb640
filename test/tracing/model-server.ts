import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json as readJson } from 'node:stream/consumers'
import { bagOfWords } from '../support/hash-embedder.ts'

interface Asked {
  readonly input?: readonly string[]
}

/** One endpoint of OpenAI's protocol with both models behind it: embeddings, and a chat that cites its first source. */
export async function modelServer(): Promise<{ readonly baseUrl: string } & AsyncDisposable> {
  const server = createServer(async (request, response) => {
    const { input } = (await readJson(request)) as Asked
    if (input !== undefined) {
      const data = input.map((text, index) => ({ index, embedding: bagOfWords(text) }))
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ data, usage: { prompt_tokens: 5, total_tokens: 5 } }))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const parts = [
      { choices: [{ index: 0, delta: { content: 'Grey, it says [1].' } }] },
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      { choices: [], usage: { prompt_tokens: 90, completion_tokens: 7 } },
    ]
    response.end(parts.map((part) => `data: ${JSON.stringify(part)}\n\n`).join(''))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
