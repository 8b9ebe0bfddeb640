import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { connect, type Database } from '../db/connect.ts'
import { NotifyListener } from '../db/listener.ts'
import type { Tracer } from '../tracing/tracer.ts'

export interface Databases extends AsyncDisposable {
  /** The pool for requests and background work. */
  readonly main: Database
  /** The lease's own pool: its renewal must never queue behind the service's queries. */
  readonly lease: Database
  /** Whether Postgres answers while its notifications do not arrive. */
  isDeaf(): boolean
}

const deaf =
  'Notifications of Postgres (NOTIFY) do not arrive, as behind a transaction pooler: this replica polls every 2 s instead. Set DATABASE_LISTEN_URL to a direct connection.'

/** One replica's pools except the one for limits, and the one connection that listens for all of them. */
export function openDatabases(
  { databaseUrl, databaseListenUrl }: Config,
  log: Logger,
  tracer: Tracer | undefined,
): Databases {
  const opening = new AsyncDisposableStack()
  const url = databaseUrl.reveal()
  const listener: NotifyListener = new NotifyListener({
    url: (databaseListenUrl ?? databaseUrl).reveal(),
    tell: async (channel, payload) => void (await main.sql`select pg_notify(${channel}, ${payload})`),
    onFault: (error) => log.warn({ err: error }, 'listening to Postgres failed'),
    onDeaf: (isDeaf) => (isDeaf ? log.warn(deaf) : log.info('notifications of Postgres arrive again')),
  })
  const main = opening.use(connect({ url, max: 10, listener, tracer }))
  const lease = opening.use(connect({ url, max: 3, applicationName: 'tenant-router lease', listener, tracer }))
  opening.use(listener)
  return { main, lease, isDeaf: () => listener.isDeaf, [Symbol.asyncDispose]: () => opening.disposeAsync() }
}
