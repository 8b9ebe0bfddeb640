import type { Context } from 'hono'
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

/** Headers of whatever the console answers. */
function consoleHeaders(context: Context, contentType: string): Record<string, string> {
  return { ...privateHeaders(requestIdOf(context.req.header('x-request-id')), contentType), ...pageHeaders }
}

export async function sendHtml(
  context: Context,
  status: number,
  content: Html | string,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const headers = { ...consoleHeaders(context, 'text/html; charset=utf-8'), ...more }
  // Through the context, which carries the cookies.
  for (const [name, value] of Object.entries(headers)) context.header(name, value)
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
