import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { memoryPermits } from './memory-permits.ts'
import type { PermitAsk, PermitSource, Permits } from './permit-source.ts'

/** What holds while Postgres can't be asked. `insurance`: each replica keeps to its share of every limit. */
export type OnError = 'insurance' | 'open' | 'closed'

export interface InsuredPermitsOptions {
  readonly onError: OnError
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly onFault?: (error: unknown) => void
}

/** An exchange that takes longer counts as failed: requests wait for it. */
const patienceMs = 1_000
/** After a failure nobody waits for Postgres for so long. */
const restMs = 2_000

/** Permits of `source`, and what was chosen in their place while it fails or hangs. */
export function insuredPermits(source: PermitSource, { onError, clock, onFault }: InsuredPermitsOptions): PermitSource {
  const memory = memoryPermits()
  let replicas = 1
  let restUntilMs = Number.NEGATIVE_INFINITY

  async function instead(asks: readonly PermitAsk[]): Promise<Permits> {
    if (onError === 'closed') {
      const words = 'Limits cannot be checked at the moment. Nothing was changed; try again.'
      throw new AppError('registry_unavailable', words, { retryAfterS: Math.ceil(restMs / 1000) })
    }
    if (onError === 'open') {
      return { grants: asks.map(({ want, limit }) => ({ given: want, left: limit })), replicas }
    }
    const shares = asks.map((ask) => ({ ...ask, limit: Math.ceil(ask.limit / replicas) }))
    return { ...(await memory.take(shares)), replicas }
  }

  return {
    async take(asks) {
      if (clock.now() < restUntilMs) return instead(asks)
      const over = new AbortController()
      const late = clock.sleep(patienceMs, over.signal).then(() => {
        throw new Error(`no permits from Postgres within ${patienceMs} ms`)
      })
      late.catch(() => undefined)
      try {
        const taken = await Promise.race([source.take(asks), late])
        replicas = taken.replicas
        return taken
      } catch (error) {
        onFault?.(error)
        restUntilMs = clock.now() + restMs
        return await instead(asks)
      } finally {
        over.abort()
      }
    },
  }
}
