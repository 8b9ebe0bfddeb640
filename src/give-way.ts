import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/**
 * How much a thread gives way, as nice. Beside a busy thread that serves, on one processor, `bulk` gets a tenth of it,
 * and `mover` a quarter: a mover also holds writes for a moment, and has leases to renew.
 */
const niceOf = { bulk: 10, mover: 5 } as const

/**
 * Lets the calling thread give way to the threads that serve, for good: a thread may not take its priority back. Linux
 * keeps a priority for each thread; elsewhere the thread stays as it is.
 *
 * @returns whether it gives way.
 */
export function giveWay(work: keyof typeof niceOf): boolean {
  try {
    const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    // 0 would mean the whole process.
    if (!Number.isInteger(threadId) || threadId <= 0) return false
    setPriority(threadId, niceOf[work])
    return true
  } catch {
    return false
  }
}
