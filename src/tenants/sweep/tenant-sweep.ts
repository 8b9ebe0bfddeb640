import { startRounds } from '../../concurrency/rounds.ts'
import { recheckDeletions } from '../offboard/recheck-deletions.ts'
import { resumeOffboarding } from '../offboard/resume-offboarding.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { resumeProvisioning } from './resume-provisioning.ts'

/**
 * Resumes unfinished onboardings and offboardings of any replica, and looks at deletions again, at startup and every
 * `everyMs`. Every replica runs one. Dispose it before the work itself.
 */
export function startTenantSweep(deps: TenantWork, { everyMs }: { readonly everyMs: number }): AsyncDisposable {
  const onFault = (error: unknown) => deps.log.warn({ err: error }, 'unfinished tenants were not resumed')
  const sweep = async (olderThanMs: number, signal: AbortSignal) => {
    const all = [resumeProvisioning(deps, { olderThanMs, signal }), resumeOffboarding(deps), recheckDeletions(deps)]
    for (const outcome of await Promise.allSettled(all)) if (outcome.status === 'rejected') onFault(outcome.reason)
  }
  let olderThanMs = 0
  const round = async (signal: AbortSignal) => {
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    await Promise.race([sweep(olderThanMs, signal), stopped])
    olderThanMs = deps.settings.provisionWaitMs
  }
  return startRounds(round, { everyMs, first: 'now', onFault })
}
