import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Context } from 'hono'
import { AppError } from '../../../errors.ts'
import type { Session } from './cookies.ts'

/** Field of each form that changes something. */
export const csrfField = '_csrf'

/** Proof that a form came from a page that this session was shown: no other page can read it. */
export function csrfToken(key: string, session: Pick<Session, 'id'>): string {
  return createHmac('sha256', key).update(`csrf ${session.id}`).digest('base64url')
}

/**
 * Refuses a form that another page sent. @param url the console's own origin, where a proxy stands before it.
 * @throws AppError `origin_refused`
 */
export function checkCsrf(context: Context, sent: unknown, expected: string, url: string | undefined): void {
  const { headers } = context.req.raw
  const origin = headers.get('origin')
  const site = headers.get('sec-fetch-site')
  const isOwn = origin === null || origin === url || URL.parse(origin)?.host === headers.get('host')
  const isHere = site === null || site === 'same-origin'
  if (isOwn && isHere && typeof sent === 'string' && isEqual(sent, expected)) return
  throw new AppError(
    'origin_refused',
    'This form did not come from the console as you see it now. Open the page again and repeat what you did.',
  )
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
