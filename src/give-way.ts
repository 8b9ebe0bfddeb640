import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/** Nice of a thread that does bulk work: beside a thread that serves it gets about a tenth of a processor. */
const bulkNice = 10

/**
 * Lets the calling thread give way to the threads that serve, for good: a thread may not take its priority back. Linux
 * keeps a priority for each thread; elsewhere the thread stays as it is.
 *
 * @returns whether it gives way.
 */
export function giveWay(): boolean {
  try {
    const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    // 0 would mean the whole process.
    if (!Number.isInteger(threadId) || threadId <= 0) return false
    setPriority(threadId, bulkNice)
    return true
  } catch {
    return false
  }
}
