import { pause } from '../../concurrency/retry.ts'
import { resumeOffboarding } from '../offboard/resume-offboarding.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { resumeProvisioning } from './resume-provisioning.ts'

/**
 * Resumes unfinished onboardings and offboardings of any replica, at startup and every `everyMs`. Every replica runs
 * one. Dispose it before the work itself.
 */
export function startTenantSweep(deps: TenantWork, { everyMs }: { readonly everyMs: number }): AsyncDisposable {
  const stop = new AbortController()
  const stopped = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }))
  const sweep = async (olderThanMs: number) => {
    const both = [resumeProvisioning(deps, { olderThanMs, signal: stop.signal }), resumeOffboarding(deps)]
    for (const outcome of await Promise.allSettled(both)) {
      if (outcome.status === 'rejected') deps.log.warn({ err: outcome.reason }, 'unfinished tenants were not resumed')
    }
  }
  const run = async () => {
    for (let olderThanMs = 0; !stop.signal.aborted; olderThanMs = deps.settings.provisionWaitMs) {
      await Promise.race([sweep(olderThanMs), stopped])
      await pause(everyMs, stop.signal).catch(() => undefined)
    }
  }
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}
