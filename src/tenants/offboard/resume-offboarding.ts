import { eachLimited } from '../../concurrency/each-limited.ts'
import { listByStatus } from '../../registry/tenants.ts'
import { type FinishDeps, finishOffboarding } from './finish-offboarding.ts'

/**
 * Resumes offboardings that a dead replica left unfinished. Call it at startup and periodically; any number of replicas
 * may do so at once. @returns how many are finished, and how many need another try; faults are logged.
 */
export async function resumeOffboarding(deps: FinishDeps): Promise<{ readonly done: number; readonly failed: number }> {
  const waiting = await listByStatus(deps.db, 'offboarding', 0, 1000)
  return eachLimited(waiting, 4, (tenantId) => finishOffboarding(deps, tenantId))
}
