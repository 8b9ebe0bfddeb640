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
    const why = contactFault(error, url)
    throw why === undefined ? error : new Error(sentence(url, why.wrong), { cause: error })
  }
}

/** A reason why Postgres cannot be talked to, and its remedy. */
export interface ContactFault {
  /** Postgres's behaviour, as in "refuses connections". */
  readonly wrong: string
  readonly remedy: string
}

function sentence(url: string, why: string): string {
  return `Postgres at ${partOf(url, 'hosts')} (DATABASE_URL) ${why}.`
}

function partOf(url: string, part: 'hosts' | 'database'): string {
  const read = readDatabaseUrl(url)
  return 'hosts' in read ? read[part] : '?'
}

/** Reads the fault of a connection from an error, its causes included; undefined for any other error. */
export function contactFault(error: unknown, url: string): ContactFault | undefined {
  for (let fault = error, depth = 0; fault instanceof Error && depth < 5; depth += 1) {
    const words = 'code' in fault && typeof fault.code === 'string' ? wordsOf(fault.code, fault, url) : undefined
    if (words !== undefined) return words
    fault = fault instanceof AggregateError ? fault.errors[0] : fault.cause
  }
  return undefined
}

const findIt = 'Set DATABASE_URL to an address that this machine reaches.'

function wordsOf(code: string, { message }: Error, url: string): ContactFault | undefined {
  switch (code) {
    case 'ECONNREFUSED':
      return { wrong: 'refuses connections: nothing listens there', remedy: `Start Postgres. ${findIt}` }
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { wrong: 'cannot be found: no such host is known', remedy: findIt }
    case 'CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { wrong: 'gives no answer', remedy: `Open the way to it in firewalls and security groups. ${findIt}` }
    case 'CONNECTION_CLOSED':
    case 'ECONNRESET':
    case 'EPIPE':
      return { wrong: 'drops the connection', remedy: 'See the log of Postgres, or of the pooler before it.' }
    case '57P03':
      return { wrong: 'is starting or stopping; try again', remedy: 'Wait until it has started.' }
    case '53300':
      return { wrong: 'has no connection left', remedy: 'Raise max_connections, or put a pooler before it.' }
    case '3D000':
      return { wrong: `has no database ${partOf(url, 'database')}`, remedy: 'Create it, or correct DATABASE_URL.' }
    case '57014':
      return {
        wrong: 'cancels statements before they end: its statement_timeout is too small',
        remedy: 'Set statement_timeout of this role to 0.',
      }
    case '08P01':
      // A pooler's own words, as in "server login failed" or "unsupported startup parameter".
      return { wrong: `refuses the connection: ${message}`, remedy: 'Correct the settings of the pooler.' }
    case '28P01':
    case '28000':
      // Postgres's own words name the user and never the password.
      return { wrong: `refuses the login: ${message}`, remedy: 'Correct the user and the password in DATABASE_URL.' }
    default:
      return undefined
  }
}
