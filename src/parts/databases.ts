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
  { databaseUrl, databaseListenUrl }: DatabaseUrls,
  log: Logger,
  tracer: Tracer | undefined,
): Databases {
  const opening = new AsyncDisposableStack()
  const url = databaseUrl.reveal()
  const listener: NotifyListener = openListener({ databaseUrl, databaseListenUrl }, log, () => main)
  const main = opening.use(connect({ url, max: 10, listener, tracer }))
  const lease = opening.use(connect({ url, max: 3, applicationName: 'tenant-router lease', listener, tracer }))
  opening.use(listener)
  return { main, lease, isDeaf: () => listener.isDeaf, [Symbol.asyncDispose]: () => opening.disposeAsync() }
}

/** Connections of a mover's thread: a move holds one or two at a time. */
const moverConnections = 8

/** The pool of a mover's thread, with a connection of its own that listens. */
export function openMoverDatabase(urls: DatabaseUrls, log: Logger, tracer: Tracer | undefined): Database {
  const listener: NotifyListener = openListener(urls, log, () => pool)
  const pool = connect({
    url: urls.databaseUrl.reveal(),
    max: moverConnections,
    applicationName: 'tenant-router mover',
    listener,
    tracer,
  })
  return {
    ...pool,
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]()
      await pool[Symbol.asyncDispose]()
    },
  }
}

type DatabaseUrls = Pick<Config, 'databaseUrl'> & {
  readonly databaseListenUrl?: Config['databaseListenUrl'] | undefined
}

/** The one connection that listens for all pools of a thread. @param told notifies. */
function openListener({ databaseUrl, databaseListenUrl }: DatabaseUrls, log: Logger, told: () => Database) {
  return new NotifyListener({
    url: (databaseListenUrl ?? databaseUrl).reveal(),
    tell: async (channel, payload) => void (await told().sql`select pg_notify(${channel}, ${payload})`),
    onFault: (error) => log.warn({ err: error }, 'listening to Postgres failed'),
    onDeaf: (isDeaf) => (isDeaf ? log.warn(deaf) : log.info('notifications of Postgres arrive again')),
  })
}
