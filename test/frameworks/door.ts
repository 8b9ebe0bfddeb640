import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { readConfig } from '../../src/config/config.ts'
import { connect } from '../../src/db/connect.ts'
import { migrate } from '../../src/db/migrate.ts'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { listen } from '../../src/http/listen.ts'
import { startPineconeLocal } from '../../src/pinecone-local/server.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { startServices } from '../../src/services.ts'
import { createTenant } from '../../src/tenants/create-tenant.ts'
import { createKey } from '../../src/tenants/keys/create-key.ts'
import { hashEmbedder } from '../support/hash-embedder.ts'

export interface DoorOptions {
  readonly tenantId: string
  /** The name by which the tenant's app calls its namespace, as if the tenant had been adopted with it. */
  readonly namespace: string
  readonly dimension: number
  readonly metric: 'cosine' | 'dotproduct'
}

/** The whole service on parts of its own, with one tenant and a key of it. */
export interface Door extends AsyncDisposable {
  readonly url: string
  readonly key: string
}

export async function startDoor({ tenantId, namespace, dimension, metric }: DoorOptions): Promise<Door> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'tenant-router-door-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const postgres = stack.use(await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') }))
  const database = stack.use(connect({ url: postgres.url, max: 2 }))
  await migrate(database)
  const local = await startPineconeLocal({ dataDir: join(folder, 'pinecone') })
  stack.defer(() => local.close())
  const config = readConfig({
    DATABASE_URL: postgres.url,
    PINECONE_API_KEY: 'local',
    PINECONE_CONTROLLER_HOST: local.url,
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    EMBEDDING_MODEL: 'hash',
    EMBEDDING_DIMENSION: String(dimension),
    INDEX_METRIC: metric,
    JWT_ISSUER: 'nobody',
    JWT_AUDIENCE: 'nobody',
    JWT_JWKS_URL: 'http://127.0.0.1:9/jwks.json',
  })
  const log = pino({ level: 'silent' })
  const services = stack.use(await startServices(config, { embedder: hashEmbedder(dimension), log }))
  const staff = { kind: 'staff', subject: 'frameworks', roles: new Set(['platform'] as const) } as const
  const id = parseTenantId(tenantId)
  await createTenant(services.tenantWork, staff, { id, name: tenantId })
  await database.sql`update tenants set adopted_namespace = ${namespace} where id = ${id}`
  const { key } = await createKey(services.tenantWork, staff, id, { name: 'app', scopes: ['rag:read', 'rag:write'] })
  const { url } = stack.use(await listen(services.publicApp, { host: '127.0.0.1', port: 0 }))
  const owned = stack.move()
  return { url, key, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
