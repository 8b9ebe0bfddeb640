import postgres from 'postgres'
import { arrayTypes } from './array-types.ts'

export interface DriverOptions {
  readonly url: string
  /** Connections at once. */
  readonly max: number
  readonly applicationName: string
  readonly connectTimeoutS?: number
  readonly onNotify?: (channel: string, payload: string) => void
  readonly onClose?: () => void
}

/**
 * The one place that makes a pool of postgres.js. Its connections keep nothing in the server's session:
 * - `prepare: false`: no named statements. A transaction pooler gives each transaction another session, without them.
 * - `fetch_types: false`: nothing is asked that no caller waits for; see `arrayTypes`.
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

/** Seconds before the next try, with jitter. The driver's own go up to 20: so long after an outage nobody should wait. */
export function backoff(retries: number): number {
  return Math.min(1, 0.05 * 2 ** retries) * (0.5 + Math.random() / 2)
}
