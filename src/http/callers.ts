import { isIP } from 'node:net'
import { AppError } from '../errors.ts'

/** Throws when the origin or host of a request is not allowed. */
export type CallerCheck = (request: Request) => void

/**
 * Refuses a `Host` that this listener does not have. A web page can have its own name resolve to 127.0.0.1 (DNS
 * rebinding), and its visitors' browsers then send that name. An address can't be rebound, so any is accepted;
 * Kubernetes probes and scrapers call a pod by its address.
 *
 * @param names beside `localhost` and names under `.localhost`; `*.example.com` accepts each name under it.
 * @throws (the check) AppError `host_refused`
 */
export function hostCheck(names: readonly string[]): CallerCheck {
  const exact = new Set(['localhost', ...names.filter((name) => !name.startsWith('*.')).map(plain)])
  const ends = ['.localhost', ...names.filter((name) => name.startsWith('*.')).map((name) => plain(name.slice(1)))]
  return (request) => {
    const sent = request.headers.get('host')
    const name = plain((sent === null ? new URL(request.url) : URL.parse(`http://${sent}`))?.hostname ?? '')
    if (isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 || exact.has(name) || ends.some((end) => name.endsWith(end)))
      return
    throw new AppError(
      'host_refused',
      'This listener is not called by that name. Call it by its address, or have the name added to ADMIN_HOSTS.',
    )
  }
}

/**
 * Refuses requests that a browser sends for a page of another origin. Other clients send no `Origin` and pass.
 * @throws (the check) AppError `origin_refused`
 */
export function originCheck(origins: readonly string[]): CallerCheck {
  const known = new Set(origins)
  return ({ headers }) => {
    const origin = headers.get('origin')
    if (origin === null || known.has(origin.toLowerCase())) return
    throw new AppError('origin_refused', 'Pages of this origin may not call here. MCP_ORIGINS names those that may.')
  }
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}
