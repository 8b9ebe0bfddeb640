import { ResultCache } from '../../src/cache/result-cache.ts'
import { AppError } from '../../src/errors.ts'
import { answerRoute } from '../../src/http/public/answer-route.ts'
import { openAiAnswerer } from '../../src/models/openai-answerer.ts'
import type { TenantId } from '../../src/placement/tenant-id.ts'
import { putDocument } from '../../src/rag/documents/put-document.ts'
import { publicApp } from '../http/kit-app.ts'
import { type ChatServer, chatServer } from '../models/chat-server.ts'
import { hashEmbedder } from '../support/hash-embedder.ts'
import { principalOf, RagWorld } from '../support/rag-world.ts'

export interface Said {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into an answer as an outside caller does
  readonly json: any
}

export interface Event {
  readonly event: string
  // biome-ignore lint/suspicious/noExplicitAny: likewise
  readonly data: any
}

export type AnswerWorld = Awaited<ReturnType<typeof open>>
export const AnswerWorld = { open }

/** The public listener's app with a model of our own behind it. Tokens are `<tenant> <group,group>`. */
async function open(options: { readonly contextTokens?: number } = {}) {
  const stack = new AsyncDisposableStack()
  const model: ChatServer = stack.use(await chatServer())
  const embedder = hashEmbedder()
  const world: RagWorld = stack.use(await RagWorld.open({ embedder }))
  const answerer = stack.use(openAiAnswerer({ model: 'chat-1', baseUrl: model.baseUrl, retryBaseMs: 1 }))
  let lookups = 0
  const onLookup = () => {
    lookups += 1
  }
  const cache = new ResultCache({ maxBytes: 10_000_000, ttlMs: 60_000, quietMs: 0, onLookup })
  const writes = { announce: (tenantId: TenantId) => cache.drop(tenantId) }
  const deps = {
    ...world.deps,
    cache,
    writes,
    answerer,
    answerSettings: { contextTokens: options.contextTokens ?? 6_000 },
  }
  const verify = (authorization = '') => {
    const [, id = '', groups = ''] = authorization.split(' ')
    if (id === '') throw new AppError('unauthenticated', 'There is no token.')
    return principalOf(id, ...(groups === '' ? [] : groups.split(',')))
  }
  const { app, lines } = publicApp([answerRoute(deps)], { verify })

  const send = async (token: string, body: unknown, headers: Readonly<Record<string, string>>): Promise<Said> => {
    const response = await app.request('/answer', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    const json = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : undefined
    return { status: response.status, headers: response.headers, text, json }
  }
  return {
    model,
    embedder,
    world,
    deps,
    app,
    /** The service's log. */
    lines,
    /** Lookups of cached answers so far: a caller whose lookup misses waits for the load from then on. */
    get lookups() {
      return lookups
    },
    ask: (token: string, question: string, more: object = {}, headers: Readonly<Record<string, string>> = {}) =>
      send(token, { question, ...more }, headers),
    async put(token: string, documentId: string, text: string, more: object = {}): Promise<void> {
      await putDocument(deps, verify(`Bearer ${token}`), { documentId, text, source: 'wiki', ...more })
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

export function eventsOf({ text }: Pick<Said, 'text'>): readonly Event[] {
  return text
    .split('\n\n')
    .filter((frame) => frame.startsWith('event: '))
    .map((frame) => {
      const [name = '', data = ''] = frame.split('\n')
      return { event: name.slice('event: '.length), data: JSON.parse(data.slice('data: '.length)) }
    })
}

/** The text that a reader of the stream has read. */
export function textOf(events: readonly Event[]): string {
  return events.flatMap(({ event, data }) => (event === 'token' ? [data.text] : [])).join('')
}
