import { eachLimited } from '../../concurrency/each-limited.ts'
import { listByStatus } from '../../registry/tenants.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { finishOffboarding } from './finish-offboarding.ts'

/**
 * Takes up offboardings that a dead replica left half done. To be called at start and from time to time; any number of
 * replicas may do it at once. @returns how many are finished, and how many are to be tried again; faults are logged.
 */
export async function resumeOffboarding(
  deps: Pick<TenantWork, 'db' | 'stores' | 'settings' | 'offboarding'>,
): Promise<{ readonly done: number; readonly failed: number }> {
  const waiting = await listByStatus(deps.db, 'offboarding', 0, 1000)
  return eachLimited(waiting, 4, (tenantId) => finishOffboarding(deps, tenantId))
}
