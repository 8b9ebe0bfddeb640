import { type Index, Pinecone } from '@pinecone-database/pinecone'
import { expect, vi } from 'vitest'
import type { Overrides } from '../../src/parts/overrides.ts'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

/** A service beside an index that others made and still write to with a key of their own. */
export class AdoptWorld implements AsyncDisposable {
  readonly service: ServiceWorld
  readonly replicas: readonly [ServiceReplica, ServiceReplica]
  readonly platform: string
  readonly pinecone: Pinecone

  private constructor(
    service: ServiceWorld,
    replicas: readonly [ServiceReplica, ServiceReplica],
    platform: string,
    pinecone: Pinecone,
  ) {
    this.service = service
    this.replicas = replicas
    this.platform = platform
    this.pinecone = pinecone
  }

  static async open(env: Readonly<Record<string, string>> = {}, more: Overrides = {}): Promise<AdoptWorld> {
    const service = await ServiceWorld.open()
    const settings = { SESSION_LEASE_S: '5', ...env }
    const overrides = { adoptedWatchEveryMs: 200, ...more }
    const replicas = [await service.replica(settings, overrides), await service.replica(settings, overrides)] as const
    const pinecone = new Pinecone({ apiKey: 'local', controllerHostUrl: service.local.local.url })
    service.local.local.setFaults({ lagMs: 150 })
    return new AdoptWorld(service, replicas, await service.issuer.staff('platform'), pinecone)
  }

  /** Makes an index as an operator does without any router. */
  async index(name: string, more: { dimension?: number; metric?: 'cosine' | 'dotproduct' | 'euclidean' } = {}) {
    const { dimension = 64, metric = 'cosine' } = more
    await this.pinecone.indexes.create({
      name,
      dimension,
      metric,
      spec: { serverless: { cloud: 'aws', region: 'us-east-1' } },
      tags: { team: 'search' },
      deletionProtection: 'enabled',
      waitUntilReady: true,
    })
  }

  /** The vendor's own client on a namespace: an app that has not been switched yet. */
  async direct(index: string, namespace: string): Promise<Index> {
    const { host } = await this.pinecone.indexes.describe(index)
    return this.pinecone.index({ host, namespace })
  }

  async fill(index: string, namespace: string, texts: readonly string[], metadata: object = {}): Promise<void> {
    const records = texts.map((text, at) => ({
      id: `rec-${at}`,
      values: bagOfWords(text),
      metadata: { text, ...metadata },
    }))
    await (await this.direct(index, namespace)).upsert({ records })
    await this.shown(index, namespace)
  }

  /** Waits until the store shows a namespace, as an operator sees what is to be adopted. */
  async shown(index: string, namespace: string): Promise<void> {
    const place = await this.direct(index, namespace)
    const names = async () => Object.keys((await place.describeIndexStats()).namespaces ?? {})
    const isShown = async () => expect(await names()).toContain(namespace === '' ? '__default__' : namespace)
    await vi.waitFor(isShown, { timeout: 60_000 })
  }

  admin(method: string, path: string, body?: unknown, replica = this.replicas[0]): Promise<Answer> {
    return replica.admin({ method, path, authorization: this.platform, ...(body !== undefined && { body }) })
  }

  async app(tenant: string, path: string, body: object, replica = this.replicas[0]): Promise<Answer> {
    return replica.public({ path, authorization: await this.service.issuer.tenant(tenant), body })
  }

  async adopt(index: string, body: object = { kind: 'pool', model: 'hash' }): Promise<Answer> {
    const answer = await this.admin('POST', `/indexes/${index}/adopt`, body)
    expectStatus(answer, 200)
    return answer
  }

  async adoptTenants(index: string, how: object, dryRun = false): Promise<Answer> {
    return this.admin('POST', `/tenants/adopt?dryRun=${dryRun}`, { index, ...how })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.service[Symbol.asyncDispose]()
  }
}
