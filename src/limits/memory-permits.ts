import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { PermitGrant, PermitRequest } from '../registry/permits/take-permits.ts'
import type { PermitSource } from './permit-source.ts'

/** PermitGrants of this replica alone: for a single replica, and while Postgres is unavailable. */
export function memoryPermits(): PermitSource {
  // The points of a key are a window's; the limit is in the ask, since each tenant has its own.
  const counters = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 1, keyPrefix: '' })

  async function grant(ask: PermitRequest): Promise<PermitGrant> {
    const { tenantId, policy, windowNo, windowS, limit, used, need, want } = ask
    const key = `${tenantId}/${policy}/${windowNo}`
    const before = Math.max(0, ((await counters.get(key))?.consumedPoints ?? 0) + used)
    const given = Math.min(Math.max(0, limit - before), Math.max(need, want))
    // Kept for two windows, so that a clock that stands still in a test loses none; then the map drops it.
    await counters.set(key, before + given, windowS * 2)
    return { given, left: Math.max(0, limit - before - given) }
  }

  return {
    async take(asks) {
      const grants: PermitGrant[] = []
      for (const ask of asks) grants.push(await grant(ask))
      return { grants, replicas: 1 }
    },
  }
}
