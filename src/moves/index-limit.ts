import type { Tx } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { countIndexes, lockProject } from '../registry/indexes.ts'

/**
 * Takes the project's lock until the transaction ends, so that two who count can't both pass the limit.
 * @throws AppError `index_limit_reached` when the registry counts as many indexes as the project may hold.
 */
export async function refuseOverLimit(tx: Tx, project: string, limit: number): Promise<void> {
  await lockProject(tx, project)
  const refusal = overLimit(project, limit, await countIndexes(tx, project))
  if (refusal !== undefined) throw refusal
}

/** The refusal of one more index, if there are as many as the project may hold. */
export function overLimit(project: string, limit: number, used: number): AppError | undefined {
  if (used < limit) return undefined
  const words = `The Pinecone project '${project}' allows ${limit} indexes and ${used} are in use. Free one, or raise the project's limit and PROJECT_INDEX_LIMIT.`
  return new AppError('index_limit_reached', words)
}
