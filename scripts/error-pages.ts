import { readdir } from 'node:fs/promises'
import { errorCodes } from '../src/errors.ts'

/**
 * Checks that every error code has its page under docs/errors, which the `type` of a problem answer points to, and that
 * no page is left over.
 */
export async function checkErrorPages(folder: string): Promise<readonly string[]> {
  const pages = new Set((await readdir(folder)).filter((name) => name.endsWith('.md') && name !== 'README.md'))
  const missing = errorCodes.filter((code) => !pages.delete(`${code}.md`))
  return [
    ...missing.map((code) => `docs/errors/${code}.md is missing.`),
    ...[...pages].map((page) => `docs/errors/${page} is of no code in src/errors.ts.`),
  ]
}
