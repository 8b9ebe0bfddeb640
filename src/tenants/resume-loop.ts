import { resumeOffboarding } from './resume-offboarding.ts'
import { resumeProvisioning } from './resume-provisioning.ts'
import type { TenantWork } from './tenant-work.ts'

/** How often half-done work is looked for, and how old it must be then: its own replica may still be at it. */
const everyMs = 60_000

/** Takes up half-done onboardings and offboardings: at once, and then from time to time. Disposing it stops looking. */
export function startResumeLoop(work: TenantWork): AsyncDisposable {
  const stop = new AbortController()
  let running: Promise<unknown> = Promise.resolve()
  const look = (olderThanMs: number) => {
    running = Promise.all([
      resumeProvisioning(work, { olderThanMs, signal: stop.signal }),
      resumeOffboarding(work),
    ]).catch((error: unknown) => {
      if (!stop.signal.aborted) work.log.warn({ err: error }, 'half-done onboardings could not be taken up')
    })
  }
  look(0)
  const timer = setInterval(() => look(everyMs), everyMs)
  timer.unref()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      stop.abort()
      await running
    },
  }
}
