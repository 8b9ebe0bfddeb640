import postgres from 'postgres'
import { backoffMs } from '../backoff.ts'
import { arrayTypes } from './array-types.ts'

export interface DriverOptions {
  readonly url: string
  /** Connections, at most. */
  readonly max: number
  readonly applicationName: string
  readonly connectTimeoutS?: number
  readonly onNotify?: (channel: string, payload: string) => void
  readonly onClose?: () => void
}

/**
 * Opens a pool of postgres.js; nothing else does. Its connections keep no state in the server's session:
 * - `prepare: false`: no named statements. A transaction pooler runs each transaction in another session, without them.
 * - `fetch_types: false`: no query that no caller waits for; see `arrayTypes`.
 */
export function openDriver(options: DriverOptions): postgres.Sql {
  const { onNotify, onClose } = options
  return postgres(options.url, {
    max: options.max,
    prepare: false,
    fetch_types: false,
    types: arrayTypes,
    idle_timeout: 60,
    connect_timeout: options.connectTimeoutS ?? 10,
    backoff,
    onnotice: () => undefined,
    ...(onNotify && { onnotify: onNotify }),
    ...(onClose && { onclose: onClose }),
    connection: { application_name: options.applicationName },
  })
}

/** Seconds before the next try, with jitter. The driver's own backoff reaches 20 s, too long after an outage. */
export function backoff(retries: number): number {
  return backoffMs({ baseMs: 50, maxMs: 1_000 }, retries) / 1_000
}
