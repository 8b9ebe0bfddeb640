type Send = (request: Request) => Promise<Response>

interface RetryRule {
  readonly retries: number
  readonly longestWaitMs: number
}

/** Wait without a `Retry-After`, which the service always sends but an intermediary may drop. */
const defaultWaitMs = 1_000

/**
 * Repeats what was answered 429 or 503, when `Retry-After` says. That is safe for writes too: the service answers so
 * only when it has changed nothing; a write whose fate is not known is a 504, and is the caller's to look into.
 */
export function retrying(send: Send, { retries, longestWaitMs }: RetryRule): Send {
  return async (request) => {
    for (let left = retries; ; left -= 1) {
      // The body of a request can be sent once, so all attempts but the last send a copy.
      const response = await send(left > 0 ? request.clone() : request)
      if (left <= 0 || (response.status !== 429 && response.status !== 503)) return response
      const waitMs = waitOf(response.headers.get('retry-after'))
      if (waitMs > longestWaitMs) return response
      await response.body?.cancel()
      await pause(waitMs, request.signal)
    }
  }
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function waitOf(retryAfter: string | null): number {
  if (retryAfter === null) return defaultWaitMs
  const seconds = Number(retryAfter)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const atMs = Date.parse(retryAfter)
  return Number.isNaN(atMs) ? defaultWaitMs : Math.max(0, atMs - Date.now())
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
