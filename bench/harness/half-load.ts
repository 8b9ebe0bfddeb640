/**
 * Concurrent callers, each sending its next query when its last one is answered, that keep a core of the router half
 * busy: on a slow machine they are fewer, so that slow and fast machines measure the same thing.
 *
 * @param cpuUs the router's processor time a query, in µs. Without it (no /proc), 8 callers.
 * @param answerMs time of an answer, in ms.
 */
export function callersOfHalfACore(cpuUs: number, answerMs: number): number {
  if (Number.isNaN(cpuUs)) return 8
  return Math.max(1, Math.round((0.5 * answerMs * 1000) / cpuUs))
}
