import { type Config, readConfig } from '../../src/config/config.ts'
import type { Embedder } from '../../src/models/embedder.ts'
import type { Overrides } from '../../src/parts/overrides.ts'
import { type Services, startServices } from '../../src/services.ts'
import { type TestDatabase, testDatabase } from './database.ts'
import { expectStatus } from './expect-status.ts'
import { hashEmbedder } from './hash-embedder.ts'
import { type TestIssuer, testIssuer } from './issuer.ts'
import { type LocalStores, localStores } from './local-stores.ts'
import { StatementFaults } from './statement-faults.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** The body as it came. */
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into an answer as an outside caller does
  readonly json: any
}

/** The answer's headers without those of the limits, which count the earlier requests. */
export function headersOf({ headers }: Answer): readonly (readonly [string, string])[] {
  return [...headers].filter(([name]) => !name.startsWith('ratelimit'))
}

export interface Ask {
  readonly method?: string
  readonly path: string
  /** The whole header, as the issuer's `tenant` and `staff` give it. */
  readonly authorization?: string | undefined
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** One running replica, called as a client would. */
export interface ServiceReplica {
  readonly services: Services
  public(ask: Ask): Promise<Answer>
  admin(ask: Ask): Promise<Answer>
}

/** The whole service, as many replicas as asked for, on a Postgres, a `pinecone-local` and an issuer of its own. */
export class ServiceWorld implements AsyncDisposable {
  readonly stack = new AsyncDisposableStack()
  readonly home: TestDatabase
  readonly local: LocalStores
  readonly issuer: TestIssuer

  private constructor(home: TestDatabase, local: LocalStores, issuer: TestIssuer) {
    this.home = this.stack.use(home)
    this.local = this.stack.use(local)
    this.issuer = this.stack.use(issuer)
  }

  static async open(): Promise<ServiceWorld> {
    return new ServiceWorld(await testDatabase(), await localStores(), await testIssuer())
  }

  /** The settings of a replica, as its environment would give them. */
  config(env: Readonly<Record<string, string>> = {}): Config {
    const { issuer, audience, jwksUrl } = this.issuer.settings
    return readConfig({
      PORT: '0',
      ADMIN_PORT: '0',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'silent',
      DATABASE_URL: this.home.url,
      PINECONE_API_KEY: 'local',
      PINECONE_CONTROLLER_HOST: this.local.local.url,
      INDEX_PREFIX: 'tr',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
      EMBEDDING_MODEL: 'hash',
      EMBEDDING_DIMENSION: '64',
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
      JWT_JWKS_URL: jwksUrl,
      // Tests hold the mover's steps open and hand it their models.
      MOVER: 'here',
      STORE_VISIBLE_S: '1',
      STORE_IN_DOUBT_S: '1',
      // A machine that many tests share is late, and no replica is overloaded by that.
      SHED_LOOP_DELAY_MS: '0',
      ...env,
    })
  }

  async replica(env: Readonly<Record<string, string>> = {}, overrides: Overrides = {}): Promise<ServiceReplica> {
    const embedder: Embedder = hashEmbedder()
    const { log } = this.stack.use(new StatementFaults())
    const services = await startServices(this.config(env), {
      embedder,
      log,
      moveSettings: { readGraceMs: 0, staleReadsMs: 0 },
      ...overrides,
    })
    this.stack.use(services)
    return {
      services,
      public: (ask) => call(services.publicApp, ask),
      admin: (ask) => call(services.adminApp, ask),
    }
  }

  /** Onboards a tenant as the platform team does. Returns the `Authorization` of its app. */
  async onboard(replica: ServiceReplica, id: string, more: object = {}): Promise<string> {
    const authorization = await this.issuer.staff('platform')
    const body = { id, name: id, ...more }
    expectStatus(await replica.admin({ path: '/tenants', authorization, body }), 201)
    return this.issuer.tenant(id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync()
  }
}

async function call(app: Services['publicApp'], ask: Ask): Promise<Answer> {
  const { path, body, authorization } = ask
  const response = await app.request(path, {
    method: ask.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...ask.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
