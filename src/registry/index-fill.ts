import { asc, ne } from 'drizzle-orm'
import type { Db } from '../db/connect.ts'
import { indexes } from './indexes.sql.ts'

/** Fill of each index, by which an operator sees the next shard coming. */
export async function readIndexFill(
  db: Db,
): Promise<readonly { project: string; index: string; kind: string; namespaces: number; limit: number }[]> {
  return db
    .select({
      project: indexes.project,
      index: indexes.name,
      kind: indexes.kind,
      namespaces: indexes.namespacesUsed,
      limit: indexes.namespaceLimit,
    })
    .from(indexes)
    .where(ne(indexes.state, 'deleted'))
    .orderBy(asc(indexes.id))
}
