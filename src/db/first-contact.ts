import { within } from '../within.ts'
import { readDatabaseUrl } from './database-url.ts'

/** Limit of the first contact: the driver retries endlessly when a pooler accepts connections and drops them. */
const limitMs = 20_000

/**
 * Runs the first query, and turns a wrong address into a clear error.
 * @throws Error with one sentence that names the host of `url` and never its password; any other error of `ask`.
 */
export async function firstContact<T>(url: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await within(limitMs, ask(), () => {
      throw new Error(sentence(url, 'gives no answer'))
    })
  } catch (error) {
    const why = whyNot(error, url)
    throw why === undefined ? error : new Error(sentence(url, why), { cause: error })
  }
}

function sentence(url: string, why: string): string {
  return `Postgres at ${partOf(url, 'hosts')} (DATABASE_URL) ${why}.`
}

function partOf(url: string, part: 'hosts' | 'database'): string {
  const read = readDatabaseUrl(url)
  return 'hosts' in read ? read[part] : '?'
}

function whyNot(error: unknown, url: string): string | undefined {
  for (let fault = error, depth = 0; fault instanceof Error && depth < 5; depth += 1) {
    const words = 'code' in fault && typeof fault.code === 'string' ? wordsOf(fault.code, fault, url) : undefined
    if (words !== undefined) return words
    fault = fault instanceof AggregateError ? fault.errors[0] : fault.cause
  }
  return undefined
}

function wordsOf(code: string, { message }: Error, url: string): string | undefined {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refuses connections: nothing listens there'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'cannot be found: no such host is known'
    case 'CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'gives no answer'
    case 'CONNECTION_CLOSED':
    case 'ECONNRESET':
    case 'EPIPE':
      return 'drops the connection'
    case '57P03':
      return 'is starting or stopping; try again'
    case '53300':
      return 'has no connection left'
    case '3D000':
      return `has no database ${partOf(url, 'database')}`
    case '57014':
      return 'cancels statements before they end: its statement_timeout is too small'
    case '08P01':
      // A pooler's own words, as in "server login failed" or "unsupported startup parameter".
      return `refuses the connection: ${message}`
    case '28P01':
    case '28000':
      // Postgres's own words name the user and never the password.
      return `refuses the login: ${message}`
    default:
      return undefined
  }
}
