import { isIP } from 'node:net'
import { AppError } from '../errors.ts'

/** Throws when a request comes from where none is taken. */
export type CallerCheck = (request: Request) => void

/**
 * Refuses requests whose `Host` is a name that this listener does not have: a page on the web can have its own name
 * answered with 127.0.0.1 (DNS rebinding), and its visitors' browsers then send that name. An address can't be rebound,
 * so every one is taken; probes and scrapers of Kubernetes call a pod by its address.
 *
 * @param names beside `localhost` and what ends in `.localhost`; `*.example.com` takes each name under it.
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
 * Refuses what a browser sends for a page of another origin. What is no browser sends no `Origin` and is not concerned.
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
