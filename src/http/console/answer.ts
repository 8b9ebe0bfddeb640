import type { Context, Next } from 'hono'
import { getCookie } from 'hono/cookie'
import { privateHeaders, requestIdOf } from '../pipeline/reply.ts'
import type { Html } from './kit/html.ts'
import type { PageResult } from './kit/visit.ts'

/** Nothing that is not of this listener is loaded, run or called; no style or script stands in a page. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const pageHeaders = {
  'content-security-policy': policy,
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
}

const requestIds = new WeakMap<Context, string>()

/** The id of a request: the caller's, or one that is made for it once. */
export function requestIdFor(context: Context): string {
  const id = requestIds.get(context) ?? requestIdOf(context.req.header('x-request-id'))
  requestIds.set(context, id)
  return id
}

/** Gives every answer the headers of the listener's others, and the policy of its pages. */
export async function guardAnswer(context: Context, next: Next): Promise<void> {
  await next()
  const headers = { ...privateHeaders(requestIdFor(context), undefined), ...pageHeaders }
  for (const [name, value] of Object.entries(headers)) context.res.headers.set(name, value)
}

export async function sendHtml(
  context: Context,
  status: number,
  content: Html | string,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  // Through the context, which carries the cookies.
  context.header('content-type', 'text/html; charset=utf-8')
  for (const [name, value] of Object.entries(more)) context.header(name, value)
  return context.body(String(await content), status as 200)
}

export async function sendResult(context: Context, result: PageResult): Promise<Response> {
  if (result instanceof Response) return result
  if ('goTo' in result) return context.redirect(result.goTo, 303)
  return sendHtml(context, result.status ?? 200, result.html, result.headers)
}

/** The theme that the person has switched to; without one, the machine's. */
export function themeOf(context: Context): string | undefined {
  const theme = getCookie(context, 'console_theme')
  return theme === 'dark' || theme === 'light' ? theme : undefined
}

/** A path of the console; anything else would let a link lead elsewhere after the sign-in. */
export function pathIn(to: string | undefined): string {
  const url = to === undefined ? null : URL.parse(to, 'http://console')
  return url?.host === 'console' && /^\/console(\/|$)/.test(url.pathname) ? url.pathname + url.search : '/console'
}
