import { AppError } from '../errors.ts'

export interface Page<T> {
  readonly items: readonly T[]
  /** Null on the last page. */
  readonly nextCursor: string | null
}

/** Makes a page of up to `limit` rows from one row more; the cursor encodes the last row's key. */
export function pageOf<T>(rows: readonly T[], limit: number, keyOf: (row: T) => string | number): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items, nextCursor: more ? Buffer.from(`t1:${keyOf(last)}`).toString('base64url') : null }
}

/** @throws AppError `invalid_request` for a cursor that no earlier page returned. */
export function readCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  if (text.startsWith('t1:')) return text.slice(3)
  throw badCursor()
}

/** @throws AppError `invalid_request` */
export function readNumberCursor(cursor: string): number {
  const key = Number(readCursor(cursor))
  if (Number.isSafeInteger(key) && key >= 0) return key
  throw badCursor()
}

function badCursor(): AppError {
  const message = 'is not a cursor of this list'
  return new AppError('invalid_request', `cursor: ${message}`, { faults: [{ path: 'cursor', message }] })
}
