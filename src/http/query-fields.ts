const none: Readonly<Record<string, never>> = Object.freeze({})

/** A query string as fields: one value as a string, a repeated name as a list. */
export function queryFields(url: string): Readonly<Record<string, string | readonly string[]>> {
  const at = url.indexOf('?')
  if (at === -1) return none
  const search = new URLSearchParams(url.slice(at + 1))
  const fields: Record<string, string | readonly string[]> = Object.create(null)
  for (const name of new Set(search.keys())) {
    const values = search.getAll(name)
    fields[name] = values.length === 1 && values[0] !== undefined ? values[0] : values
  }
  return fields
}
