import { and, asc, count, ne, notInArray } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { indexes } from './indexes.sql.ts'
import { lockProject } from './indexes.ts'
import { places } from './places.sql.ts'

/**
 * Serializes the choice among these projects and the opening of an index until the transaction ends. It locks in name
 * order, so that two callers cannot deadlock.
 */
export async function lockProjects(tx: Tx, projects: readonly { readonly name: string }[]): Promise<void> {
  for (const name of projects.map((project) => project.name).toSorted()) await lockProject(tx, name)
}

/** Indexes that count against each project's limit; projects without any are absent. */
export async function countIndexesByProject(tx: Tx): Promise<ReadonlyMap<string, number>> {
  const rows = await tx
    .select({ project: indexes.project, count: count() })
    .from(indexes)
    .where(ne(indexes.state, 'deleted'))
    .groupBy(indexes.project)
  return new Map(rows.map((row) => [row.project, row.count]))
}

/**
 * Checks at startup that every project that may still hold data is configured.
 * @throws AppError `conflict` that names the project and something in it.
 */
export async function refuseMissingProjects(tx: Tx, projects: readonly { readonly name: string }[]): Promise<void> {
  const known = projects.map((project) => project.name)
  const [index] = await tx
    .select({ project: indexes.project, name: indexes.name })
    .from(indexes)
    .where(and(ne(indexes.state, 'deleted'), notInArray(indexes.project, known)))
    .orderBy(asc(indexes.id))
    .limit(1)
  const [place] = await tx
    .select({ project: places.project, name: places.indexName })
    .from(places)
    .where(and(ne(places.state, 'purged'), notInArray(places.project, known)))
    .orderBy(asc(places.id))
    .limit(1)
  const missing = index ?? place
  if (missing === undefined) return
  throw new AppError(
    'conflict',
    `The registry has index ${missing.name} in the Pinecone project '${missing.project}', which the configuration does not name. Put the project back into the file of PINECONE_PROJECTS; it can be left out once nothing is in it.`,
  )
}
