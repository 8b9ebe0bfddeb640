import { parse } from 'postgres-array'

const number = (text: string): number => Number(text)

/**
 * The registry's list types, in Postgres's text form (manual, "Array Input and Output Syntax").
 *
 * postgres.js would query all list types of the server on each new connection, outside any statement of ours. When the
 * pool is given up at that moment, nobody can catch that query's fault, and it ends the process. So a pool that may be
 * given up does not query (`fetch_types: false`) and uses these. Times stay text, as drizzle expects.
 */
export const arrayTypes = {
  texts: list(1009),
  varchars: list(1015),
  uuids: list(2951),
  times: list(1185),
  smallints: list(1005, number),
  integers: list(1007, number),
  bigints: list(1016),
  doubles: list(1022, number),
}

function list(oid: number, transform: (text: string) => unknown = (text) => text) {
  return {
    to: oid,
    from: [oid],
    serialize: write,
    parse: (text: string) => parse(text, transform),
  }
}

/** The query builder may have encoded the list already. */
function write(items: readonly unknown[] | string): string {
  if (!Array.isArray(items)) return String(items)
  return `{${items.map((item) => (item === null ? 'NULL' : Array.isArray(item) ? write(item) : quoted(item))).join(',')}}`
}

function quoted(item: unknown): string {
  return `"${String(item).replace(/[\\"]/g, '\\$&')}"`
}
