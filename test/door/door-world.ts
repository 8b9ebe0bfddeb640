import { type Index, Pinecone } from '@pinecone-database/pinecone'
import { type Listener, listen } from '../../src/http/listen.ts'
import { expectStatus } from '../support/expect-status.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

/** Two listening replicas and two tenants, whose apps use the vendor's client and have changed only host and key. */
export class DoorWorld implements AsyncDisposable {
  readonly service: ServiceWorld
  readonly replicas: readonly ServiceReplica[]
  readonly listeners: readonly Listener[]
  readonly #platform: string

  private constructor(
    service: ServiceWorld,
    replicas: readonly ServiceReplica[],
    listeners: readonly Listener[],
    platform: string,
  ) {
    this.service = service
    this.replicas = replicas
    this.listeners = listeners
    this.#platform = platform
  }

  static async open(env: Readonly<Record<string, string>> = {}): Promise<DoorWorld> {
    const service = await ServiceWorld.open()
    const replicas = [await service.replica(env), await service.replica(env)]
    const listeners: Listener[] = []
    for (const { services } of replicas) {
      listeners.push(service.stack.use(await listen(services.publicApp, { host: '127.0.0.1', port: 0 })))
    }
    const world = new DoorWorld(service, replicas, listeners, await service.issuer.staff('platform'))
    for (const id of ['acme', 'globex']) expectStatus(await world.staff('/tenants', { id, name: id }), 201)
    return world
  }

  staff(path: string, body: unknown) {
    return (this.replicas[0] as ServiceReplica).admin({ path, authorization: this.#platform, body })
  }

  url(replica = 0): string {
    return (this.listeners[replica] as Listener).url
  }

  /** A key of a tenant with these rights. */
  async key(tenantId: string, rights: object = {}): Promise<string> {
    const made = await this.staff(`/tenants/${tenantId}/keys`, rights)
    expectStatus(made, 201)
    return made.json.key
  }

  /** The official client, as an app makes it; its index is found by describe. */
  client(key: string, replica = 0): Pinecone {
    return new Pinecone({ apiKey: key, controllerHostUrl: this.url(replica), maxRetries: 0 })
  }

  index(key: string, replica = 0, namespace?: string): Index {
    const host = this.url(replica)
    return this.client(key, replica).index({ host, ...(namespace !== undefined && { namespace }) })
  }

  /** A request as the vendor's other clients send it. */
  async send(
    key: string,
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const response = await fetch(this.url() + path, {
      method,
      headers: {
        'api-key': key,
        'x-pinecone-api-version': '2025-10',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parsed(text) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]()
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
