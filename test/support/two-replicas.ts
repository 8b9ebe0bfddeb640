import type { MovePoint } from '../../src/moves/sync/step.ts'
import type { Overrides } from '../../src/parts/overrides.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { within } from '../../src/within.ts'
import { bagOfWords } from './hash-embedder.ts'
import { MoveHolds } from './move-holds.ts'
import { moveRows } from './move-rows.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from './service-world.ts'
import { type WatchedStore, watchedStore } from './watched-store.ts'

export const tenantStates = ['at rest', 'copying', 'soaking'] as const
export type TenantState = (typeof tenantStates)[number]

const held = { copying: 'copy: batch claimed', verified: 'verify: compared' } as const satisfies Record<
  string,
  MovePoint
>

/** Far more than a step of a move takes, and less than a test's limit, so that a move that hangs is explained. */
const hangsAfterMs = 90_000

/** An app behind a balancer: every request to the replica that it names, each with a store connection of its own. */
export class TwoReplicas implements AsyncDisposable {
  readonly service: ServiceWorld
  readonly replicas: Readonly<Record<'a' | 'b', ServiceReplica>>
  readonly stores: Readonly<Record<'a' | 'b', WatchedStore>>
  readonly #token: string
  readonly #staff: string
  readonly #holds: MoveHolds
  #moveId = ''

  private constructor(
    service: ServiceWorld,
    parts: Pick<TwoReplicas, 'replicas' | 'stores'>,
    tokens: { readonly app: string; readonly staff: string },
    holds: MoveHolds,
  ) {
    this.service = service
    this.replicas = parts.replicas
    this.stores = parts.stores
    this.#token = tokens.app
    this.#staff = tokens.staff
    this.#holds = holds
  }

  static async open(env: Readonly<Record<string, string>> = {}, more: Overrides = {}): Promise<TwoReplicas> {
    const service = await ServiceWorld.open()
    const holds = new MoveHolds()
    const stores = { a: watchedStore(service.local.connect()), b: watchedStore(service.local.connect()) }
    const times = { STORE_VISIBLE_S: '8', ...env }
    const overrides = (name: 'a' | 'b'): Overrides => ({ ...more, stores: stores[name], ...holds.overrides })
    const replicas = {
      a: await service.replica(times, overrides('a')),
      b: await service.replica(times, overrides('b')),
    }
    const tokens = { app: await service.onboard(replicas.a, 'acme'), staff: await service.issuer.staff('platform') }
    return new TwoReplicas(service, { replicas, stores }, tokens, holds)
  }

  /** Calls the public listener of one replica. */
  ask(replica: 'a' | 'b', path: string, body: unknown, options: { method?: string; token?: string } = {}) {
    const { method, token = this.#token } = options
    return this.replicas[replica].public({ path, authorization: token, body, ...(method && { method }) })
  }

  /** The same, and it must be done. */
  async done(replica: 'a' | 'b', path: string, body: unknown, method = 'POST'): Promise<Answer> {
    const answer = await this.ask(replica, path, body, { method })
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return answer
  }

  upsert(replica: 'a' | 'b', id: string, metadata: object, words = 'apple'): Promise<Answer> {
    return this.done(replica, '/vectors/upsert', { vectors: [{ id, values: bagOfWords(words), metadata }] })
  }

  /** Sends a file as its document; it is stored later. */
  async upload(replica: 'a' | 'b', documentId: string, bytes: Uint8Array, name: string): Promise<void> {
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(bytes)]), name)
    form.append('documentId', documentId)
    const { publicApp } = this.replicas[replica].services
    const headers = { authorization: this.#token }
    const answer = await publicApp.request('/documents', { method: 'POST', headers, body: form })
    if (answer.status !== 202) throw new Error(`${name}: ${answer.status} ${await answer.text()}`)
  }

  lag(lagMs: number): void {
    this.service.local.local.setFaults({ lagMs, rules: [] })
  }

  /**
   * Brings the tenant into the state and keeps it there; what is written before has to be shown by then. For `copying`
   * the tenant needs a record: without one nothing is copied, and nothing holds the mover.
   */
  async reach(state: TenantState): Promise<void> {
    if (state === 'at rest') return
    if (state === 'copying') return this.#holdAt(held.copying)
    await this.promote()
    await this.until('soaking')
  }

  /** The same, in the moment before the switch. */
  reachTheSwitch(): Promise<void> {
    return this.#holdAt(held.verified)
  }

  /** Holds the mover at a point once it reaches it. */
  hold(point: MovePoint): ReturnType<MoveHolds['hold']> {
    return this.#holds.hold(point)
  }

  release(): void {
    this.#holds.releaseAll()
  }

  async promote(): Promise<void> {
    const answer = await this.#admin('/tenants/acme/moves', { kind: 'promote' })
    this.#moveId = answer.json.id
  }

  /** Lets a move go on to its end where it rests, and back where it came from. */
  async throughTheSwitch(): Promise<void> {
    if (this.#moveId === '') return
    this.release()
    await this.until('soaking')
  }

  async complete(): Promise<void> {
    await this.#admin(`/moves/${this.#moveId}/complete`, {})
  }

  async rollBack(): Promise<void> {
    await this.#admin(`/moves/${this.#moveId}/rollback`, {})
    await this.until('rolled_back')
  }

  get isMoving(): boolean {
    return this.#moveId !== ''
  }

  /** @throws Error with the move's rows when the move ends, stops for a person, or hangs. */
  async until(state: string): Promise<void> {
    const path = `/moves/${this.#moveId}`
    for (const startedAt = performance.now(); ; ) {
      const { status, json } = await this.replicas.a.admin({ path, authorization: this.#staff })
      if (json?.state === state) return
      const isOver = ['failed', 'cancelled', 'rolled_back', 'completed', 'paused'].includes(json?.state)
      if (status !== 200 || isOver || performance.now() - startedAt > hangsAfterMs) {
        const rows = await moveRows(this.service.home, this.#moveId)
        throw new Error(`the move is not ${state}: ${status} ${JSON.stringify(json)}\n${rows}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  }

  /** Records that a replica finds by id once the store shows everything, without values. */
  async settled(replica: 'a' | 'b', ids: readonly string[]): Promise<Record<string, unknown>> {
    this.lag(0)
    const place = this.stores[replica].open((await this.replicas[replica].services.routes.find(acme)).routing.active)
    const { lsn } = await place.deleteIds(['_tr_probe'])
    for (const startedAt = performance.now(); ; ) {
      const { indexedLsn } = await place.list({ limit: 1 })
      if (lsn === undefined || indexedLsn === undefined || indexedLsn >= lsn) break
      if (performance.now() - startedAt > hangsAfterMs) throw new Error(`the store shows ${indexedLsn}, not ${lsn}`)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    const { json } = await this.done(replica, '/vectors/fetch', { ids })
    return Object.fromEntries(ids.map((id) => [id, json.vectors[id]?.metadata]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release()
    await this.service[Symbol.asyncDispose]()
  }

  async #holdAt(point: MovePoint): Promise<void> {
    const { reached } = this.hold(point)
    await this.promote()
    await within(hangsAfterMs, reached, async () => {
      throw new Error(`the move does not reach "${point}"\n${await moveRows(this.service.home, this.#moveId)}`)
    })
  }

  async #admin(path: string, body: unknown): Promise<Answer> {
    const answer = await this.replicas.a.admin({ path, authorization: this.#staff, body })
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return answer
  }
}

const acme = parseTenantId('acme')
