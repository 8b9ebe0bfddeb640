import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { setConflicts } from '../../registry/imports/imports.ts'

/** Rolls the transaction back; the rows are marked in another one. */
export class ImportConflicts extends Error {
  readonly byLine: ReadonlyMap<number, string>
  constructor(byLine: ReadonlyMap<number, string>) {
    super('rows of the import are in conflict')
    this.byLine = byLine
  }
}

/** Marks rows in conflict, outside the transaction that they ended. @throws AppError, always */
export async function keepConflicts(db: Tx, id: string, error: unknown, verb: string): Promise<never> {
  if (!(error instanceof ImportConflicts)) throw error
  await setConflicts(db, id, error.byLine)
  const { size } = error.byLine
  const rows = size === 1 ? 'One row is' : `${size} rows are`
  const words = `${rows} of a tenant that was changed meanwhile, so nothing was ${verb}. GET /imports/${id}/rows?kind=conflict says what; preview the file again to import it over that.`
  throw new AppError('conflict', words)
}
