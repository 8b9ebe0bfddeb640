import { readFile } from 'node:fs/promises'
import { type Finding, ok, warn } from './finding.ts'

/** Connections and files of a replica beside those of its requests. */
const besides = 256

/**
 * Open files that this machine grants a process, against what a replica needs: each request under way holds its
 * caller's connection and one to the store. `/proc` has the number, so elsewhere than on Linux there is no line.
 */
export async function checkFiles(requestsInFlight: number): Promise<readonly Finding[]> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? []
  if (soft === undefined) return []
  const needed = 2 * requestsInFlight + besides
  const found = `a process may have ${soft} open; ${requestsInFlight} requests at once (REQUESTS_IN_FLIGHT) need about ${needed}`
  if (soft === 'unlimited' || Number(soft) >= needed) return [ok('files', found)]
  return [warn('files', found, `Raise the limit (ulimit -n, LimitNOFILE=) to ${needed} or more.`)]
}
