/** One line of the report: what was examined, what was found, and how to mend it. */
export interface Finding {
  /** The part, with its name where there are several, as in `model text-embedding-3-small`. */
  readonly check: string
  /** `warn`: the service runs, and something about it is not as it should be. `fail`: it or a part of it does not work. */
  readonly status: 'ok' | 'warn' | 'fail'
  readonly found: string
  /** One sentence for the operator; absent when all is well. */
  readonly fix?: string
}

export function ok(check: string, found: string): Finding {
  return { check, status: 'ok', found }
}

export function warn(check: string, found: string, fix: string): Finding {
  return { check, status: 'warn', found, fix }
}

export function fail(check: string, found: string, fix: string): Finding {
  return { check, status: 'fail', found, fix }
}

/** A part that could not be examined because another one has a fault. */
export function unknown(check: string, what: string, because: string): Finding {
  return warn(check, `${what} was not examined: ${because}`, 'Mend that first, then run doctor again.')
}

/** An error's words with those of its causes, which say what really happened. */
export function withCauses(error: unknown): string {
  const words: string[] = []
  for (let fault = error, depth = 0; fault instanceof Error && depth < 4; depth += 1) {
    const code = 'code' in fault && typeof fault.code === 'string' ? fault.code : fault.name
    const said = (fault.message || code).replace(/\.$/, '')
    if (!words.some((word) => word.includes(said))) words.push(said)
    fault = fault instanceof AggregateError ? fault.errors[0] : fault.cause
  }
  return words.length === 0 ? String(error) : words.join(': ')
}

/** An address as it may be shown: without its query, which may hold a key. */
export function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}
