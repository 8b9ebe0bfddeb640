import { pino } from 'pino'
import { readConfig } from '../../src/config/config.ts'
import { type Services, startServices } from '../../src/services.ts'
import { testDatabase } from '../support/database.ts'
import { hashEmbedder } from '../support/hash-embedder.ts'
import { type TestIssuer, testIssuer } from '../support/issuer.ts'
import { localStores } from '../support/local-stores.ts'

export interface Answer {
  readonly status: number
  readonly location: string | null
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into an answer as an outside caller does
  readonly json: any
}

/** One replica of the whole service on its own parts, called as a client would. */
export interface Service extends AsyncDisposable {
  readonly services: Services
  readonly issuer: TestIssuer
  call(
    listener: 'public' | 'admin',
    ask: { readonly method: string; readonly path: string; readonly authorization: string; readonly body?: unknown },
  ): Promise<Answer>
}

export async function openService(): Promise<Service> {
  await using opening = new AsyncDisposableStack()
  const database = opening.use(await testDatabase())
  const { local } = opening.use(await localStores())
  const issuer = opening.use(await testIssuer())
  const config = readConfig({
    PORT: '0',
    ADMIN_PORT: '0',
    DATABASE_URL: database.url,
    LOG_LEVEL: 'silent',
    INDEX_PREFIX: 'tr',
    PINECONE_API_KEY: 'local',
    PINECONE_CONTROLLER_HOST: local.url,
    STORE_IN_DOUBT_S: '1',
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    EMBEDDING_MODEL: 'hash',
    EMBEDDING_DIMENSION: '64',
    JWT_ISSUER: issuer.issuer,
    JWT_AUDIENCE: issuer.audience,
    JWT_JWKS_URL: issuer.jwksUrl,
  })
  const services = opening.use(
    await startServices(config, { embedder: hashEmbedder(), log: pino({ level: 'silent' }) }),
  )
  const parts = opening.move()
  return {
    services,
    issuer,
    async call(listener, { method, path, authorization, body }) {
      const app = listener === 'public' ? services.publicApp : services.adminApp
      const response = await app.request(path, {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, location: response.headers.get('location'), json: JSON.parse(text) }
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}
