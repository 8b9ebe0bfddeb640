/** A statement's fields in a trace: its kind and its first table, neither its text nor its parameters. */
export interface StatementFields {
  readonly [name: string]: string | undefined
  readonly 'db.system.name': 'postgresql'
  readonly 'db.operation.name': string
  readonly 'db.collection.name': string | undefined
  readonly 'db.query.summary': string
}

const kind = /^[\s(]*([a-z]+)/i
const table = /\b(?:from|into|update|join)\s+(?:only\s+)?"?([a-z_][a-z0-9_]*)/i

/** @param strings the statement's text, split at its parameters. */
export function statementFields(strings: readonly string[]): StatementFields {
  const text = strings.join(' ')
  const operation = kind.exec(text)?.[1]?.toUpperCase() ?? 'STATEMENT'
  const collection = table.exec(text)?.[1]
  return {
    'db.system.name': 'postgresql',
    'db.operation.name': operation,
    'db.collection.name': collection,
    'db.query.summary': collection === undefined ? operation : `${operation} ${collection}`,
  }
}
