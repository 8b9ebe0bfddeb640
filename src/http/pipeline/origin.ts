import type { CallOrigin } from '../../auth/principal.ts'
import { AppError } from '../../errors.ts'
import type { Exchange } from './exchange.ts'

/** Header by which staff say why they change something; percent-encoded UTF-8. */
const noteHeader = 'x-change-note'
const noteMaxLength = 500

/**
 * The origin of a staff call, for the audit.
 * @throws AppError `invalid_request` for a note that is too long or not percent-encoded
 */
export function originOf({ headers, incoming, requestId }: Exchange): CallOrigin {
  const address = incoming?.socket?.remoteAddress
  const note = noteOf(headers.get(noteHeader))
  return { requestId, ...(address !== undefined && { address }), ...(note !== undefined && { note }) }
}

function noteOf(sent: string | null): string | undefined {
  if (sent === null) return undefined
  const note = decoded(sent)?.trim()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a note must not have.
  if (note === undefined || note.length > noteMaxLength || /[\u0000-\u001f\u007f]/.test(note)) {
    const words = `X-Change-Note is up to ${noteMaxLength} characters of one line, percent-encoded as encodeURIComponent does.`
    throw new AppError('invalid_request', words)
  }
  return note === '' ? undefined : note
}

function decoded(sent: string): string | undefined {
  try {
    return decodeURIComponent(sent)
  } catch {
    return undefined
  }
}
