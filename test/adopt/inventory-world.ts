import { expect } from 'vitest'
import type { Overrides } from '../../src/parts/overrides.ts'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import type { Answer, ServiceReplica } from '../support/service-world.ts'
import { AdoptWorld } from './adopt-world.ts'

export interface Row {
  readonly id: string
  readonly metadata?: Record<string, string | number | string[]>
}

/** Tenants adopted with records of their apps in one index, `docs`, and what a user sees of their documents. */
export class InventoryWorld implements AsyncDisposable {
  readonly world: AdoptWorld

  private constructor(world: AdoptWorld) {
    this.world = world
  }

  static async open(overrides: Overrides = {}): Promise<InventoryWorld> {
    const world = await AdoptWorld.open({}, overrides)
    await world.index('docs')
    await world.adopt('docs')
    return new InventoryWorld(world)
  }

  /** A namespace that its app has filled, adopted as a tenant of the same name. */
  async tenant(name: string, rows: readonly Row[]): Promise<void> {
    const direct = await this.world.direct('docs', name)
    for (let from = 0; from < rows.length; from += 500) {
      const records = rows.slice(from, from + 500).map(({ id, metadata = {} }) => {
        return { id, values: bagOfWords('bell'), metadata: { text: `text of ${id}`, ...metadata } }
      })
      await direct.upsert({ records })
    }
    const count = async () => (await direct.describeIndexStats()).namespaces?.[name]?.recordCount
    await expect.poll(count, { timeout: 60_000 }).toBe(rows.length)
    expectStatus(await this.world.adoptTenants('docs', { map: [{ namespace: name, tenantId: name }] }), 200)
  }

  async show(id: string) {
    return (await this.world.admin('GET', `/tenants/${id}/inventory`)).json
  }

  async begin(id: string, rule: object): Promise<void> {
    expectStatus(await this.world.admin('POST', `/tenants/${id}/inventory`, rule), 202)
  }

  async ready(id: string) {
    await expect.poll(async () => (await this.show(id)).state, { timeout: 60_000 }).toBe('ready')
    return this.show(id)
  }

  async built(id: string, rule: object) {
    await this.begin(id, rule)
    return this.ready(id)
  }

  async request(
    id: string,
    method: string,
    path: string,
    body?: unknown,
    replica: ServiceReplica = this.world.replicas[0],
    claims: Readonly<Record<string, unknown>> = {},
  ): Promise<Answer> {
    const authorization = await this.world.service.issuer.tenant(id, claims)
    return replica.public({ method, path, authorization, ...(body !== undefined && { body }) })
  }

  async list(id: string, replica?: ServiceReplica): Promise<readonly (readonly [string, number, string])[]> {
    const { json } = await this.request(id, 'GET', '/documents?limit=100', undefined, replica)
    return json.items.map((one: { documentId: string; chunks: number; status: string }) => [
      one.documentId,
      one.chunks,
      one.status,
    ])
  }

  /** Ids in the namespace as the vendor's own client lists them. */
  async stored(name: string): Promise<readonly (string | undefined)[]> {
    const listed = await (await this.world.direct('docs', name)).listPaginated({ limit: 100 })
    return (listed.vectors ?? []).map((one) => one.id)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.world[Symbol.asyncDispose]()
  }
}
