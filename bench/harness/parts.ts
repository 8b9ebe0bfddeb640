import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '../../src/db/connect.ts'
import { migrate } from '../../src/db/migrate.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { type Issuer, startIssuer } from './issuer.ts'
import { type BenchProcess, startProcess } from './process.ts'

/** Limits that are counted as in production, but too high to stop the load. */
const outOfReach = {
  requestsPerSecond: 1e6,
  requestsPerMinute: 6e7,
  requestsPerDay: 1e11,
  concurrentRequests: 1000,
  embeddingTokensPerMinute: 1e10,
  embeddingTokensPerDay: 1e13,
}

interface PartsOptions {
  /**
   * Pins servers to the first core and everything else to the rest. Off where the latency of few requests is measured.
   */
  readonly pin: boolean
  /** A store that answers after this time and takes little of the machine; absent: `pinecone-local`. */
  readonly storeWaitsMs?: number
}

/** The surroundings of a service: Postgres, a vector store, an issuer; each with durable settings, as in production. */
export interface Parts extends PartsOptions, AsyncDisposable {
  readonly databaseUrl: string
  readonly storeUrl: string
  /** The store's process, for its processor time. */
  readonly storePid: number
  readonly issuer: Issuer
  /** Settings of `serve` except the ports. */
  readonly settings: Readonly<Record<string, string>>
}

export async function startParts({ pin, storeWaitsMs }: PartsOptions): Promise<Parts> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'tenant-router-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755) // as root, Postgres runs as a user of its own
  const postgres = stack.use(await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') }))
  {
    await using database = connect({ url: postgres.url, max: 2 })
    await migrate(database)
  }
  const limits = join(folder, 'limits.json')
  await writeFile(limits, JSON.stringify({ standard: outOfReach, enterprise: outOfReach }))
  const port = await freePort()
  const store = stack.use(
    startProcess({
      ...(storeWaitsMs === undefined
        ? {
            file: '../src/pinecone-local/main.ts',
            args: ['--port', String(port), '--data', join(folder, 'pinecone')],
          }
        : { file: 'servers/waiting-store.ts', args: [String(port), String(storeWaitsMs)] }),
      ...(pin ? { core: 'rest' } : {}),
    }),
  )
  const storeUrl = `http://127.0.0.1:${port}`
  await store.ready(`${storeUrl}/_local/faults`, 10_000)
  const issuer = stack.use(await startIssuer())
  const owned = stack.move()
  return {
    pin,
    databaseUrl: postgres.url,
    storeUrl,
    storePid: store.pid,
    issuer,
    settings: {
      ...issuer.settings,
      DATABASE_URL: postgres.url,
      PINECONE_API_KEY: 'bench',
      PINECONE_CONTROLLER_HOST: storeUrl,
      EMBEDDING_PROVIDER: 'local',
      ANSWER_PROVIDER: 'extractive',
      RATE_LIMITS: limits,
      LOG_LEVEL: 'warn',
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

export interface Service extends AsyncDisposable {
  readonly url: string
  readonly adminUrl: string
  readonly process: BenchProcess
}

/** `npm run serve`, as in production. */
export async function startService(
  parts: Parts,
  settings: Readonly<Record<string, string>> = {},
  nodeArgs: readonly string[] = [],
): Promise<Service> {
  const [port, adminPort] = [await freePort(), await freePort()]
  const process = startProcess({
    file: '../src/main.ts',
    env: { ...parts.settings, PORT: String(port), HOST: '127.0.0.1', ADMIN_PORT: String(adminPort), ...settings },
    ...(parts.pin ? { core: 'server' } : {}),
    nodeArgs,
  })
  const adminUrl = `http://127.0.0.1:${adminPort}`
  try {
    await process.ready(`${adminUrl}/readyz`, 120_000)
  } catch (error) {
    await process[Symbol.asyncDispose]()
    throw error
  }
  return {
    url: `http://127.0.0.1:${port}`,
    adminUrl,
    process,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  }
}

/** Sets the store's faults and latencies. */
export async function setFaults(parts: Parts, faults: Readonly<Record<string, unknown>>): Promise<void> {
  await call('PUT', `${parts.storeUrl}/_local/faults`, faults)
}

/** A JSON call that must succeed. */
export async function call(method: string, url: string, body?: unknown, token?: string): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}
