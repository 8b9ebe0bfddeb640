import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Embedder } from '../../src/models/embedder.ts'
import type { Overrides } from '../../src/parts/overrides.ts'
import { hashEmbedder } from '../support/hash-embedder.ts'
import { moveRows } from '../support/move-rows.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

/** Far more than a step of a move takes, so that one that hangs is explained. */
const hangsAfterMs = 90_000

/** A tenant `acme` of the model `hash` (64 dimensions), and the model `small` that it may change to. */
export class ReembedWorld implements AsyncDisposable {
  readonly service: ServiceWorld
  readonly a: ServiceReplica
  readonly b: ServiceReplica
  readonly app: string
  /** Settings of its replicas. */
  readonly env: Readonly<Record<string, string>>
  readonly #staff: string

  private constructor(
    service: ServiceWorld,
    replicas: readonly [ServiceReplica, ServiceReplica],
    tokens: { readonly app: string; readonly staff: string },
    env: Readonly<Record<string, string>>,
  ) {
    this.env = env
    this.service = service
    this.a = replicas[0]
    this.b = replicas[1]
    this.app = tokens.app
    this.#staff = tokens.staff
  }

  static async open(
    options: {
      /** The new model; of another dimension than the old one unless it says so. */
      readonly small?: Embedder
      readonly tenant?: object
      readonly overrides?: Overrides
      /** Those that need the world's parts. */
      readonly overridesOf?: (service: ServiceWorld) => Overrides
      readonly env?: Readonly<Record<string, string>>
    } = {},
  ): Promise<ReembedWorld> {
    const { small = hashEmbedder(32, 'small'), tenant = {}, overrides = {}, overridesOf, env = {} } = options
    const service = await ServiceWorld.open()
    const folder = await mkdtemp(join(tmpdir(), 'tenant-router-models-'))
    service.stack.defer(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'models.json')
    const { model: name, dimension } = small
    const entry = { name, provider: 'openai', baseUrl: 'http://127.0.0.1:9/v1', dimension, price: 0.02 }
    await writeFile(file, JSON.stringify([entry]))
    const all = { EMBEDDING_MODELS: file, ...env }
    const more = { moreEmbedders: [small], ...overrides, ...overridesOf?.(service) }
    const [a, b] = [await service.replica(all, more), await service.replica(all, more)]
    const tokens = { app: await service.onboard(a, 'acme', tenant), staff: await service.issuer.staff('platform') }
    return new ReembedWorld(service, [a, b], tokens, all)
  }

  ask(replica: 'a' | 'b', path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    return this[replica].public({ path, authorization: this.app, body, headers })
  }

  /** The same, and it must be done. */
  async done(
    path: string,
    body: unknown,
    options: { readonly replica?: 'a' | 'b'; readonly method?: string; readonly model?: string } = {},
  ) {
    const { replica = 'a', method, model = 'hash' } = options
    const headers = { 'x-embedding-model': model }
    const answer = await this[replica].public({
      path,
      authorization: this.app,
      body,
      headers,
      ...(method && { method }),
    })
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return answer
  }

  putDocument(id: string, text: string, replica: 'a' | 'b' = 'a'): Promise<Answer> {
    return this.done(`/documents/${id}`, { text }, { replica, method: 'PUT' })
  }

  /** The ids that a question finds, best first. */
  async find(query: string, replica: 'a' | 'b' = 'a'): Promise<readonly string[]> {
    const { json } = await this.done('/retrieve', { query, topK: 10 }, { replica })
    return json.matches.map(({ id }: { readonly id: string }) => id)
  }

  staff(path: string, body?: unknown, method?: string): Promise<Answer> {
    return this.a.admin({ path, authorization: this.#staff, body, ...(method && { method }) })
  }

  /** Opens a shared index of the new model. */
  async openShard(): Promise<void> {
    const answer = await this.staff('/indexes', { model: 'small' })
    if (answer.status !== 201) throw new Error(answer.text)
  }

  async reembed(more: object = {}): Promise<string> {
    const answer = await this.staff('/tenants/acme/moves', { kind: 'reembed', model: 'small', ...more })
    if (answer.status !== 202) throw new Error(answer.text)
    return answer.json.id
  }

  async steer(id: string, verb: string): Promise<void> {
    const answer = await this.staff(`/moves/${id}/${verb}`, {})
    if (answer.status !== 202) throw new Error(answer.text)
  }

  /** Waits for a state of the move. @throws with its rows when it ends or stops in another, or hangs. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into an answer as an outside caller does
  async until(id: string, state: string): Promise<any> {
    for (const startedAt = performance.now(); ; ) {
      const { json } = await this.staff(`/moves/${id}`)
      if (json.state === state) return json
      const isOver = json.endedAt !== null || json.state === 'paused'
      if (isOver || performance.now() - startedAt > hangsAfterMs)
        throw new Error(`not ${state}: ${JSON.stringify(json)}\n${await moveRows(this.service.home, id)}`)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  }

  /** Everything in a generation of the tenant's places, by id, as the store has it. */
  async contents(generation: number): Promise<Map<string, { values: readonly number[]; metadata: object }>> {
    const [row] = await this.service.home.sql<{ id: string; host: string; name: string; namespace: string }[]>`
      select p.id, i.host, i.name, p.namespace from places p join indexes i on i.id = p.index_id
      where p.tenant_id = 'acme' and p.generation = ${generation}`
    if (row === undefined) throw new Error('no such place')
    const { routing } = await this.a.services.routes.find('acme' as never)
    const place = { ...routing.active, placeId: Number(row.id), indexName: row.name, indexHost: row.host, generation }
    const store = this.a.services.stores.open({ ...place, namespace: row.namespace })
    const { ids } = await store.list({ limit: 100 })
    if (ids.length === 0) return new Map()
    const { records } = await store.fetch(ids)
    return new Map([...records].map(([id, { values, metadata = {} }]) => [id, { values, metadata }]))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.service[Symbol.asyncDispose]()
  }
}
