import type postgres from 'postgres'

/** A release's demands on the schema: recorded from it, and kept for as long as it may run beside its successor. */
export interface Release {
  readonly version: string
  /** Its last migration. */
  readonly migration: string
  /** Every statement that it was seen to send, each once. */
  readonly statements: readonly string[]
  /** Its columns, by table. */
  readonly columns: Readonly<Record<string, readonly string[]>>
}

/** Faults of a schema that a release of before would meet on it, a sentence each. */
export async function faultsFor(release: Release, sql: postgres.Sql): Promise<readonly string[]> {
  const faults: string[] = []
  for (const text of release.statements) {
    const fault = await refusal(sql, text)
    if (fault !== undefined) faults.push(`${fault}: ${text.slice(0, 300)}`)
  }
  const written = new Set(release.statements.flatMap((text) => /\binsert into "?(\w+)"?/i.exec(text)?.[1] ?? []))
  for (const { table, column, isNeeded } of await columnsOf(sql)) {
    const known = release.columns[table]
    if (isNeeded && known !== undefined && written.has(table) && !known.includes(column))
      faults.push(`${table}.${column} is new and needs a value, which ${release.version} does not send`)
  }
  return faults
}

/** Why Postgres would refuse a statement; undefined: it would not. Nothing is executed. */
export async function refusal(sql: postgres.Sql, text: string): Promise<string | undefined> {
  try {
    await sql.unsafe(`prepare recorded as ${text}`)
    await sql.unsafe('deallocate recorded')
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

export async function columnsOf(sql: postgres.Sql) {
  return sql<{ table: string; column: string; isNeeded: boolean }[]>`
    select table_name as "table", column_name as "column",
      is_nullable = 'NO' and column_default is null and is_identity = 'NO' and is_generated = 'NEVER' as "isNeeded"
    from information_schema.columns where table_schema = 'public' order by table_name, ordinal_position`
}
