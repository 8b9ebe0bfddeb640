import { readFileSync } from 'node:fs'
import { docsPage } from './docs-page.ts'
import type { HtmlPage } from './page.ts'

const policy = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
}

/** `/openapi.json`, and `/docs` for people: built once, with the listener's own assets and no external ones. */
export function docsRoutes(document: Readonly<Record<string, unknown>>): readonly HtmlPage[] {
  const json = JSON.stringify(document)
  const html = docsPage(document)
  const asset = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
  const serve = (contentType: string, text: string) => () => ({ contentType, text, headers: policy })
  return [
    { path: '/openapi.json', serve: serve('application/json', json) },
    { path: '/docs', serve: serve('text/html; charset=utf-8', html) },
    { path: '/docs/docs.css', serve: serve('text/css; charset=utf-8', asset('docs.css')) },
    { path: '/docs/docs.js', serve: serve('text/javascript; charset=utf-8', asset('docs.js')) },
  ]
}
