import { join } from 'node:path'
import type { Child } from './child.ts'
import { type ChildRun, takeFolder } from './children.ts'
import { type DevelopmentIssuer, type IssuerSettings, openIssuer } from './issuer.ts'
import { serveIssuer } from './issuer-server.ts'
import { startEmbeddedPinecone } from './pinecone-local.ts'
import { startEmbeddedPostgres } from './postgres.ts'
import { cookieKeyIn, signingKeyIn } from './signing-key.ts'

/** Every part that the service needs, as `npm start` supplies it. */
export interface EmbeddedParts extends AsyncDisposable {
  /** Defaults for the settings that the parts replace, by setting name. */
  readonly settings: Readonly<Record<string, string>>
  readonly issuer: DevelopmentIssuer
  /** Resolves with a sentence when a part ends unexpectedly. */
  readonly broken: Promise<string>
  /** Processes that a killed earlier run had left running, ended by this start. */
  readonly ended: ChildRun['ended']
}

export interface PartsOptions {
  readonly folder: string
  readonly issuer: IssuerSettings
  /** Flags for pinecone-local, as in `['--lag-ms', '50']`. */
  readonly pineconeFlags?: readonly string[]
}

/**
 * Locks the data folder and starts Postgres, `pinecone-local` and the issuer on it in parallel.
 * @throws StartupError when one cannot start; the others are stopped again.
 */
export async function startParts(options: PartsOptions): Promise<EmbeddedParts> {
  await using stack = new AsyncDisposableStack()
  const run = stack.use(await takeFolder(options.folder))
  const started = await Promise.allSettled([
    startEmbeddedPostgres({ dataDir: join(options.folder, 'postgres'), run }).then((part) => stack.use(part)),
    startEmbeddedPinecone({
      dataDir: join(options.folder, 'pinecone'),
      run,
      ...(options.pineconeFlags === undefined ? {} : { flags: options.pineconeFlags }),
    }).then((part) => stack.use(part)),
    openIssuer(options.folder, options.issuer),
    signingKeyIn(options.folder),
    cookieKeyIn(options.folder),
  ])
  const [postgres, pinecone, issuer, signingKey, cookieKey] = started.map(orThrow) as Parts<typeof started>
  const served = stack.use(await serveIssuer(issuer))
  const parts = stack.move()
  return {
    settings: {
      DATABASE_URL: postgres.url,
      PINECONE_API_KEY: 'pinecone-local',
      PINECONE_CONTROLLER_HOST: pinecone.url,
      JWT_ISSUER: options.issuer.issuer,
      JWT_AUDIENCE: options.issuer.audience,
      JWT_JWKS_URL: served.url,
      CONSOLE_CLIENT_ID: 'tenant-router-console',
      CONSOLE_DISCOVERY_URL: served.discoveryUrl,
      CONSOLE_COOKIE_KEY: cookieKey,
      EMBEDDING_PROVIDER: 'local',
      RETRIEVE_MODE: 'hybrid',
      ANSWER_PROVIDER: 'extractive',
      SIGNING_KEY_FILE: signingKey,
      // No balancer stands before it that would have to notice.
      DRAIN_S: '0',
    },
    issuer,
    broken: Promise.race([whenBroken('Postgres', postgres.child), whenBroken('pinecone-local', pinecone.child)]),
    ended: run.ended,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

type Parts<T extends readonly PromiseSettledResult<unknown>[]> = {
  [K in keyof T]: T[K] extends PromiseSettledResult<infer V> ? V : never
}

function orThrow(result: PromiseSettledResult<unknown>): unknown {
  if (result.status === 'rejected') throw result.reason
  return result.value
}

async function whenBroken(what: string, child: Child): Promise<string> {
  const how = await child.exited
  if (!child.expectedToRun()) return new Promise(() => undefined)
  return `The embedded ${what} ended unexpectedly (${how}): ${child.lastLines()}`
}
