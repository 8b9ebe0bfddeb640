import { parse } from 'postgres-array'

const number = (text: string): number => Number(text)

/**
 * Lists of the types that the registry has, as Postgres writes them (manual, "Array Input and Output Syntax").
 *
 * postgres.js would ask each new connection for all list types of the server, outside of any statement of ours: when a
 * pool is given up just then, that question's fault is nobody's to catch and ends the process. A pool that may be given
 * up does not ask (`fetch_types: false`), and has these. Times stay text, as drizzle wants them.
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

/** The query builder may have written the list already. */
function write(items: readonly unknown[] | string): string {
  if (!Array.isArray(items)) return String(items)
  return `{${items.map((item) => (item === null ? 'NULL' : Array.isArray(item) ? write(item) : quoted(item))).join(',')}}`
}

function quoted(item: unknown): string {
  return `"${String(item).replace(/[\\"]/g, '\\$&')}"`
}
