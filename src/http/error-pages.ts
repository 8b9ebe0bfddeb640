import { readFileSync } from 'node:fs'
import { errorCodes } from '../errors.ts'
import type { HtmlPage } from './docs/page.ts'
import { problemType } from './pipeline/problem.ts'

/** The pages that a problem's `type` points to, from `docs/errors/`. */
export function errorPages(): readonly HtmlPage[] {
  return errorCodes.map((code) => {
    const text = readFileSync(new URL(`../../docs/errors/${code}.md`, import.meta.url), 'utf8')
    return { path: problemType(code), serve: () => ({ contentType: 'text/plain; charset=utf-8', text }) }
  })
}
