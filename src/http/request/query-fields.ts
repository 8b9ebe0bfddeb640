import { AppError } from '../../errors.ts'

const none: Readonly<Record<string, never>> = Object.freeze({})

const valuesMax = 100

/** A query string as fields: one value as a string, a repeated name as a list. @throws AppError `invalid_request` */
export function queryFields(url: string): Readonly<Record<string, string | readonly string[]>> {
  const at = url.indexOf('?')
  if (at === -1) return none
  const search = new URLSearchParams(url.slice(at + 1))
  if (search.size > valuesMax) {
    throw new AppError('invalid_request', `The query string has ${search.size} values; send at most ${valuesMax}.`)
  }
  const fields: Record<string, string | readonly string[]> = Object.create(null)
  for (const name of new Set(search.keys())) {
    const values = search.getAll(name)
    fields[name] = values.length === 1 && values[0] !== undefined ? values[0] : values
  }
  return fields
}
