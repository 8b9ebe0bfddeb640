import { expect } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { type Answer, type Ask, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

/** Three tenants with the same document ids, the same record ids and one secret word each. */
export const tenants = { acme: 'Heron', globex: 'Otter', initech: 'Basalt' } as const
export type Name = keyof typeof tenants
export const names = Object.keys(tenants) as Name[]
export const others = (name: Name) => names.filter((other) => other !== name)

/** A deployment of two replicas that the three tenants share. */
export class ThreeTenants implements AsyncDisposable {
  readonly service: ServiceWorld
  /** A token of each tenant's app. */
  readonly apps: Readonly<Record<Name, string>>
  readonly platform: string
  readonly #replicas: readonly ServiceReplica[]

  private constructor(
    service: ServiceWorld,
    replicas: readonly ServiceReplica[],
    apps: Readonly<Record<Name, string>>,
    platform: string,
  ) {
    this.service = service
    this.#replicas = replicas
    this.apps = apps
    this.platform = platform
  }

  static async open(): Promise<ThreeTenants> {
    const service = await ServiceWorld.open()
    const env = { ANSWER_PROVIDER: 'extractive' }
    const replicas = [await service.replica(env), await service.replica(env)]
    const apps = {
      acme: await service.issuer.tenant('acme'),
      globex: await service.issuer.tenant('globex'),
      initech: await service.issuer.tenant('initech'),
    }
    const platform = await service.issuer.staff('platform')
    const world = new ThreeTenants(service, replicas, apps, platform)
    for (const [i, name] of names.entries()) {
      await service.onboard(world.replica(i), name)
      await world.ingest(name, world.replica(i + 1))
    }
    return world
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]()
  }

  /** One of the two replicas; numbers go round. */
  replica(i: number): ServiceReplica {
    const one = this.#replicas[i % this.#replicas.length]
    if (one === undefined) throw new Error('there are two')
    return one
  }

  async ingest(name: Name, by: ServiceReplica): Promise<void> {
    const authorization = this.apps[name]
    const text = `# Refunds\n\nThe secret word of this company is ${tenants[name]}. Refunds take 14 days.`
    const put = await by.public({
      method: 'PUT',
      path: '/documents/refunds',
      authorization,
      body: { text, source: 'wiki' },
    })
    expectStatus(put, 201)
    const metadata = { text: `raw record of ${tenants[name]}`, owner: name }
    const vectors = [{ id: 'own-1', values: vector(), metadata }]
    const upserted = await by.public({ path: '/vectors/upsert', authorization, body: { vectors } })
    expectStatus(upserted, 200)
  }

  /** Everything a tenant can read, past the cache. */
  async everythingOf(name: Name): Promise<string> {
    const authorization = this.apps[name]
    const headers = { 'cache-control': 'no-cache' }
    const answers = await Promise.all([
      this.replica(0).public({ path: '/retrieve', authorization, headers, body: { query: 'secret word', topK: 100 } }),
      this.replica(1).public({ path: '/vectors/fetch', authorization, body: { ids: ['own-1', 'refunds#0'] } }),
      this.replica(0).public({ path: '/documents', authorization }),
    ])
    return JSON.stringify(answers.map(({ status, json }) => [status, { ...json, requestId: '', usage: '' }]))
  }

  /** How many tries to name another tenant or place a replica has counted. */
  async spoofsCounted(i: number): Promise<number> {
    const { text } = await this.replica(i).admin({ path: '/metrics' })
    return Number(/^tenant_router_spoof_attempts_total (\d+)$/m.exec(text)?.[1] ?? 0)
  }
}

export function vector(): number[] {
  return Array.from({ length: 64 }, (_, i) => (i === 3 ? 1 : 0.1))
}

/** No answer may carry another tenant's word, in whatever field. */
export function expectNoForeignWord(answer: Answer, name: Name): void {
  const seen = answer.text + JSON.stringify([...answer.headers])
  for (const other of others(name)) {
    expect(seen).not.toContain(tenants[other])
    expect(seen).not.toContain(other)
  }
}

export const everyStage = { mode: 'hybrid', rerank: true, diversity: 0.4, group: 'document', expand: 1 }

export const readings: readonly Ask[] = [
  { path: '/retrieve', body: { query: 'What is the secret word of this company?', topK: 100 } },
  { path: '/retrieve', body: { vector: vector(), topK: 100, includeValues: true } },
  { path: '/retrieve', body: { query: 'Heron Otter Basalt', topK: 100, minScore: -1 } },
  { path: '/retrieve', body: { query: 'Heron Otter Basalt', topK: 20, ...everyStage } },
  {
    path: '/retrieve/batch',
    body: { queries: [{ query: 'Heron Otter Basalt', ...everyStage }, { vector: vector() }] },
  },
  { path: '/answer', body: { question: 'What is the secret word of this company?', topK: 100 } },
  { path: '/vectors/fetch', body: { ids: ['own-1', 'refunds#0'] } },
  { path: '/documents' },
  { path: '/documents/refunds' },
]

/** The matches, without the fields that differ between requests. */
export function strip(answer: Answer): unknown {
  const own = new Set(['requestId', 'usage', 'cache'])
  return JSON.parse(JSON.stringify(answer.json, (key, value: unknown) => (own.has(key) ? undefined : value)))
}
