import { AppError } from './errors.ts'

export interface Page<T> {
  readonly items: readonly T[]
  /** Null on the last page. */
  readonly nextCursor: string | null
}

const version = 'c1'

/**
 * Makes a page of up to `limit` rows from one row more. Its cursor holds the name of the list and the key of the last
 * row, so it stays valid when that row is deleted.
 */
export function pageOf<T>(
  list: string,
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => string | number,
): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items, nextCursor: more ? Buffer.from(`${version}:${list}:${keyOf(last)}`).toString('base64url') : null }
}

/**
 * Reads the key that a cursor of this list holds; `undefined` for the first page, which has none. `readKey` gives
 * `undefined` for what is no key.
 * @throws AppError `invalid_request` for a cursor of another list or of another version of the service, and for one
 *   that no page gave.
 */
export function readCursor<K>(
  list: string,
  cursor: string | undefined,
  readKey: (text: string) => K | undefined,
): K | undefined {
  if (cursor === undefined) return undefined
  const [, of, name, text = ''] = cursorText.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (of !== version) throw badCursor('is no cursor of this version of the service. Begin again without it')
  if (name !== list) throw badCursor('is a cursor of another list')
  const key = readKey(text)
  if (key === undefined) throw badCursor('is not a cursor of this list')
  return key
}

/** Reads the key of a list that is sorted by a row's number. */
export function readNumberKey(text: string): number | undefined {
  const key = Number(text)
  return /^\d+$/.test(text) && Number.isSafeInteger(key) ? key : undefined
}

/** Whether the text is a time in UTC as Postgres writes it, of a day that exists. */
export function isTime(text: string): boolean {
  const seconds = /^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d/.exec(text)?.[0]
  if (seconds === undefined || !/^(\.\d{1,6})?Z$/.test(text.slice(seconds.length))) return false
  const time = new Date(`${seconds}Z`)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(seconds)
}

const cursorText = /^([a-z]\d):([a-z]+):(.*)$/s

function badCursor(message: string): AppError {
  return new AppError('invalid_request', `cursor: ${message}`, { faults: [{ path: 'cursor', message }] })
}
