import { answeredWithin } from './answered-within.ts'
import { openDriver } from './driver.ts'

const answerWithinMs = 2_000

/**
 * Asks the server over a fresh connection whether the pool's sessions have been busy for some time, as one that waits
 * for a lock is. A server that took over knows none of them.
 * @throws when the server gives no answer either.
 */
export async function isWorkedOn(pool: {
  readonly url: string
  readonly applicationName: string
  readonly forMs: number
}): Promise<boolean> {
  const connectTimeoutS = answerWithinMs / 1000
  const sql = openDriver({ url: pool.url, max: 1, applicationName: 'tenant-router second opinion', connectTimeoutS })
  try {
    const [row] = await answeredWithin(
      answerWithinMs,
      sql<{ working: boolean }[]>`
        select exists (
          select from pg_stat_activity
          where application_name = ${pool.applicationName} and state <> 'idle'
            and state_change < clock_timestamp() - ${`${pool.forMs} milliseconds`}::interval
        ) as working`,
    )
    return row?.working === true
  } finally {
    void sql.end({ timeout: 0 }).catch(() => undefined)
  }
}
