import { invalid } from '../../pinecone-wire/api-error.ts'

/** A token is the last name of its page, so the next page starts there whatever was written since. */
export function pageToken(last: string): string {
  return Buffer.from(JSON.stringify({ after: last })).toString('base64url')
}

/** @returns the name to start after; '' without a token. */
export function pageStart(token: string | null | undefined): string {
  if (token === null || token === undefined || token === '') return ''
  try {
    const { after } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { after?: unknown }
    if (typeof after === 'string') return after
  } catch {
    // Falls through to the refusal.
  }
  throw invalid('Invalid pagination token')
}
