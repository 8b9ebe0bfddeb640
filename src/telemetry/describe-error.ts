/** An error's kind, location and cause for a log line, without anything else that it carries. */
export interface ErrorDescription {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: ErrorDescription
}

const depthMax = 4

/**
 * Copies chosen fields only: an error of a driver or SDK may carry a whole query with its parameters, a request with
 * its headers or a body, and those hold content and keys.
 */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an Error was thrown' }
  const said = error.message
  const message = carriesParameters(error) ? 'a query failed' : said
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line))
  const code: unknown = 'code' in error ? error.code : undefined
  return {
    type: error.name === 'Error' ? error.constructor.name : error.name,
    message: message.slice(0, 2000),
    ...(typeof code === 'string' && { code }),
    ...(frames !== undefined && frames.length > 0 && { stack: frames.join('\n') }),
    ...(error.cause !== undefined && depth < depthMax && { cause: describeError(error.cause, depth + 1) }),
  }
}

/** drizzle's query error has the parameters in its message; its cause is the database's own error, without them. */
function carriesParameters(error: Error): boolean {
  return 'params' in error && 'query' in error
}
