import type { PageAnswer } from './docs/page.ts'

/** Throws, or rejects, when the part cannot serve. */
export type ReadinessCheck = (signal: AbortSignal) => void | Promise<void>

const checkLimitMs = 2000
/** Results are reused this long, so that probes of several balancers cause no load. */
const rememberedMs = 1000

/** `/readyz`: 200 when every check passes, else 503 with the names of the failed checks and no reasons. */
export function readiness(
  checks: Readonly<Record<string, ReadinessCheck>>,
  draining: AbortSignal,
): () => Promise<PageAnswer> {
  let last: { readonly atMs: number; readonly answer: Promise<PageAnswer> } | undefined
  return async () => {
    if (draining.aborted) return answerOf({ draining: 'shutting down' })
    if (last === undefined || performance.now() - last.atMs > rememberedMs) {
      last = { atMs: performance.now(), answer: runAll(checks) }
    }
    return last.answer
  }
}

async function runAll(checks: Readonly<Record<string, ReadinessCheck>>): Promise<PageAnswer> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await run(check)] as const),
  )
  return answerOf(Object.fromEntries(results))
}

async function run(check: ReadinessCheck): Promise<string> {
  const signal = AbortSignal.timeout(checkLimitMs)
  const late = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  // A check may throw before there is anything to race: then nobody else would hear of the limit, and the process ends.
  late.catch(() => undefined)
  try {
    await Promise.race([check(signal), late])
    return 'ok'
  } catch {
    return signal.aborted ? 'no answer' : 'failing'
  }
}

function answerOf(checks: Readonly<Record<string, string>>): PageAnswer {
  const ready = Object.values(checks).every((result) => result === 'ok')
  const text = JSON.stringify({ status: ready ? 'ok' : 'unready', checks })
  return { status: ready ? 200 : 503, contentType: 'application/json', text, ...(!ready && { headers: retryLater }) }
}

const retryLater = { 'retry-after': '1' }
