import { ReplicaProcess } from '../fire/replica-process.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type FaultProxy, faultProxy } from '../support/fault-proxy.ts'
import { type TestIssuer, testIssuer } from '../support/issuer.ts'
import { type LocalStores, localStores } from '../support/local-stores.ts'

export interface ChaosAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into an answer as an outside caller does
  readonly json: any
}

export interface ChaosAsk {
  readonly method?: string
  readonly path: string
  readonly authorization: string
  readonly body?: unknown
}

/** A replica as a process of its own, which alone uses its way to Postgres. */
export interface ChaosReplica {
  readonly process: ReplicaProcess
  readonly postgres: FaultProxy
  public(ask: ChaosAsk): Promise<ChaosAnswer>
  admin(ask: ChaosAsk): Promise<ChaosAnswer>
}

/** Replicas as processes, each with a way of its own to Postgres that can be cut, over a `pinecone-local` and an issuer. */
export class ChaosWorld implements AsyncDisposable {
  readonly stack = new AsyncDisposableStack()
  readonly home: TestDatabase
  readonly stores: LocalStores
  readonly issuer: TestIssuer
  readonly platform: string

  private constructor(home: TestDatabase, stores: LocalStores, issuer: TestIssuer, platform: string) {
    this.home = this.stack.use(home)
    this.stores = this.stack.use(stores)
    this.issuer = this.stack.use(issuer)
    this.platform = platform
  }

  static async open(): Promise<ChaosWorld> {
    const issuer = await testIssuer()
    return new ChaosWorld(await testDatabase(), await localStores(), issuer, await issuer.staff('platform'))
  }

  async replica(env: Readonly<Record<string, string>> = {}): Promise<ChaosReplica> {
    const postgres = this.stack.use(await faultProxy(env.DATABASE_URL ?? this.home.url))
    const { issuer, audience, jwksUrl } = this.issuer.settings
    const process = await ReplicaProcess.start({
      LOG_LEVEL: 'info',
      INDEX_PREFIX: 'chaos',
      PINECONE_API_KEY: 'local',
      PINECONE_CONTROLLER_HOST: this.stores.local.url,
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
      EMBEDDING_MODEL: 'none',
      EMBEDDING_DIMENSION: '4',
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
      JWT_JWKS_URL: jwksUrl,
      SESSION_LEASE_S: '3',
      STORE_IN_DOUBT_S: '6',
      STORE_VISIBLE_S: '1',
      CACHE_TTL_S: '0',
      ...env,
      DATABASE_URL: postgres.url,
    })
    this.stack.use(process)
    return {
      process,
      postgres,
      public: (ask) => sent(process.url, ask),
      admin: (ask) => sent(process.adminUrl, ask),
    }
  }

  /** Onboards a tenant as the platform team does. Gives the `Authorization` of its app. */
  async onboard(replica: ChaosReplica, id: string): Promise<string> {
    const { status, text } = await replica.admin({
      path: '/tenants',
      authorization: this.platform,
      body: { id, name: id },
    })
    if (status !== 201) throw new Error(`POST /tenants: ${status} ${text}`)
    return this.issuer.tenant(id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync()
  }
}

async function sent(base: string, { method, path, authorization, body }: ChaosAsk): Promise<ChaosAnswer> {
  const response = await fetch(base + path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { authorization, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
}
