import { vi } from 'vitest'
import { AppError } from '../../src/errors.ts'
import type { Extractor } from '../../src/ingest/extractor.ts'
import type { Embedder } from '../../src/models/embedder.ts'
import { hashEmbedder } from '../support/hash-embedder.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'
import { type WatchedStore, watchedStore } from '../support/watched-store.ts'

type Step = ((text: string) => void | Promise<void>) | undefined

/** One replica, with the steps of an upload that a test can hold. */
export interface IngestReplica extends ServiceReplica {
  /** Runs before each file is read, each text embedded. Throwing, it is that part's fault. */
  onRead: Step
  onEmbed: Step
  /** Texts whose reading has begun, in order. */
  readonly read: string[]
  readonly store: WatchedStore
}

interface ReplicaOptions {
  readonly atOnce?: number
  readonly leaseMs?: number
  readonly env?: Readonly<Record<string, string>>
}

/** The whole service with parts that a test can hold, and short words for what apps and staff do. */
export class IngestWorld implements AsyncDisposable {
  readonly service: ServiceWorld
  #platform = ''

  private constructor(service: ServiceWorld) {
    this.service = service
  }

  static async open(): Promise<IngestWorld> {
    const world = new IngestWorld(await ServiceWorld.open())
    world.#platform = await world.service.issuer.staff('platform')
    return world
  }

  async replica({ env, ...options }: ReplicaOptions = {}): Promise<IngestReplica> {
    const read: string[] = []
    const steps: { onRead: Step; onEmbed: Step } = { onRead: undefined, onEmbed: undefined }
    const extractor: Extractor = {
      async extract({ bytes }, { signal } = {}) {
        const text = new TextDecoder().decode(bytes)
        read.push(text)
        await orAborted(signal, steps.onRead?.(text))
        if (text.startsWith('%BROKEN'))
          throw new AppError('unreadable_document', 'The file is broken. Send a whole one.')
        return { kind: 'text', text, title: null, pageStarts: [] }
      },
      async [Symbol.asyncDispose]() {},
    }
    const hash = hashEmbedder()
    const embedder: Embedder = {
      model: hash.model,
      dimension: hash.dimension,
      async embed(texts, { signal } = {}) {
        await orAborted(signal, steps.onEmbed?.(texts.join('\n')))
        return hash.embed(texts)
      },
      async [Symbol.asyncDispose]() {},
    }
    const store = watchedStore(this.service.local.connect())
    const ingest = { extractor, pollMs: 100, atOnce: 2, leaseMs: 5_000, ...options }
    const replica = await this.service.replica({ SESSION_LEASE_S: '5', ...env }, { embedder, stores: store, ingest })
    return Object.assign(steps, { ...replica, read, store })
  }

  /** Onboards a tenant; gives its app's `Authorization`. */
  async tenant(replica: ServiceReplica, id: string): Promise<string> {
    await this.staff(replica, 'POST', '/tenants', { id, name: id })
    return this.service.issuer.tenant(id)
  }

  async staff(replica: ServiceReplica, method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await replica.admin({ method, path, authorization: this.#platform, body })
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]()
  }
}

export interface File {
  readonly text: string
  readonly name?: string
  readonly fields?: Readonly<Record<string, string>>
}

/** Sends one form with the files and the fields of all of them. */
export async function sendForm(
  { services }: ServiceReplica,
  path: string,
  authorization: string,
  ...files: readonly File[]
): Promise<{ readonly status: number; readonly location: string | null; readonly json: Answer['json'] }> {
  const form = new FormData()
  for (const { text, name = 'a.txt', fields = {} } of files) {
    form.append('file', new Blob([text]), name)
    for (const [field, value] of Object.entries(fields)) form.append(field, value)
  }
  const response = await services.publicApp.request(path, { method: 'POST', headers: { authorization }, body: form })
  return { status: response.status, location: response.headers.get('location'), json: await response.json() }
}

/** Waits until the document is that far, and gives how it is shown then. */
export async function until(
  replica: ServiceReplica,
  authorization: string,
  documentId: string,
  status: string,
): Promise<Answer['json']> {
  return vi.waitFor(
    async () => {
      const answer = await replica.public({ path: `/documents/${documentId}`, authorization })
      if (answer.json?.status !== status) throw new Error(`${documentId} is not ${status}: ${answer.text}`)
      return answer.json
    },
    { timeout: 60_000, interval: 30 },
  )
}

/** A door that holds who comes to it, until it is opened. */
export function door(): { readonly reached: Promise<void>; readonly open: () => void; pass(): Promise<void> } {
  const reached = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<void>()
  return {
    reached: reached.promise,
    open: opened.resolve,
    pass() {
      reached.resolve()
      return opened.promise
    },
  }
}

/** Ends as the real parts do when they are told to. */
async function orAborted(signal: AbortSignal | undefined, step: void | Promise<void>): Promise<void> {
  signal?.throwIfAborted()
  if (signal === undefined) return step
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([step, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
