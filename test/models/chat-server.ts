import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

export interface ChatRequest {
  readonly model: string
  readonly stream: boolean
  readonly stream_options?: { readonly include_usage?: boolean }
  readonly messages: readonly { readonly role: string; readonly content: string }[]
}

/** The server's reaction to one request. */
export type ChatStep =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** Says these words, once it may, and then ends as told; default `stop` with the usage. */
  | { readonly words: readonly string[]; readonly end?: ChatEnd; readonly after?: Promise<void> }
  /** The most obedient model there is: says all that it was sent. */
  | 'echo'
  /** No answer at all. */
  | 'hang'
  /** Sends this many words of 16 KiB, as fast as they are read. */
  | { readonly flood: number }

type ChatEnd =
  | { readonly finish: string }
  /** The connection is cut. */
  | 'cut'
  /** The body ends in good order, without a reason to finish. */
  | 'early'
  /** An error in the middle of the stream. */
  | 'error'
  /** Nothing more comes. */
  | 'silence'

export interface ChatServer extends AsyncDisposable {
  readonly baseUrl: string
  readonly seen: readonly ChatRequest[]
  readonly keys: readonly (string | undefined)[]
  /** Requests that were let go before they had ended. */
  readonly letGo: number
  /** Bytes of the flood that went out. */
  readonly flooded: number
  /** Sets one step per request; the last one stays. Forgets earlier requests. */
  meet(...steps: readonly ChatStep[]): void
}

export const floodWord = 'x'.repeat(16_384)

/** The streamed chat completions of OpenAI's protocol. */
export async function chatServer(): Promise<ChatServer> {
  let seen: ChatRequest[] = []
  let keys: (string | undefined)[] = []
  let steps: ChatStep[] = ['echo']
  let letGo = 0
  let flooded = 0

  const server = createServer(async (request, response) => {
    const body = (await json(request)) as ChatRequest
    seen.push(body)
    keys.push(request.headers.authorization)
    response.on('close', () => {
      if (!response.writableFinished) letGo += 1
    })
    const step = (steps.length > 1 ? steps.shift() : steps[0]) ?? 'echo'
    if (step === 'hang') return
    if (typeof step === 'object' && 'status' in step) {
      response.writeHead(step.status, { 'content-type': 'application/json', ...step.headers })
      response.end(JSON.stringify(step.body ?? { error: { message: 'no' } }))
      return
    }
    if (typeof step === 'object' && 'words' in step) await step.after
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (step === 'echo') return say(response, [body.messages.map(({ content }) => content).join('\n')])
    if ('words' in step) return say(response, step.words, step.end)
    for (let at = 0; at < step.flood && !response.destroyed; at += 1) {
      const isTaken = response.write(chunk({ delta: { content: floodWord } }))
      flooded += floodWord.length
      if (!isTaken) await taken(response)
    }
    say(response, [])
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get seen() {
      return seen
    },
    get keys() {
      return keys
    },
    get letGo() {
      return letGo
    },
    get flooded() {
      return flooded
    },
    meet(...next) {
      steps = [...next]
      seen = []
      keys = []
      letGo = 0
      flooded = 0
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function taken(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go)
      resolve()
    }
    response.on('drain', go).on('close', go)
  })
}

function say(response: ServerResponse, words: readonly string[], end: ChatEnd = { finish: 'stop' }): void {
  response.write(chunk({ delta: { role: 'assistant', content: '' } }))
  for (const content of words) response.write(chunk({ delta: { content } }))
  if (end === 'silence') return
  if (end === 'cut') {
    response.socket?.end() // in the middle of a chunked body
    return
  }
  if (end === 'error')
    response.write(`data: ${JSON.stringify({ error: { message: 'overloaded', type: 'server_error' } })}\n\n`)
  if (typeof end === 'object') {
    response.write(chunk({ delta: {}, finish_reason: end.finish }))
    const usage = { prompt_tokens: 90, completion_tokens: 7, total_tokens: 97 }
    response.write(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`)
  }
  response.end()
}

function chunk(choice: { readonly delta: object; readonly finish_reason?: string }): string {
  const choices = [{ index: 0, finish_reason: null, ...choice }]
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices })}\n\n`
}
