import { and, asc, ne } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import { noModel } from '../placement/placement.ts'
import { indexes } from './indexes.sql.ts'

interface ConfiguredModel {
  readonly name: string
  readonly dimension: number
}

/**
 * Names at startup the indexes whose model no setting names with their dimension. Texts of their tenants are neither
 * embedded nor searched until one does; everyone else is served.
 *
 * @returns a sentence for each.
 */
export async function indexesWithoutModel(tx: Tx, models: readonly ConfiguredModel[]): Promise<readonly string[]> {
  const rows = await tx
    .select({ name: indexes.name, model: indexes.embeddingModel, dimension: indexes.dimension })
    .from(indexes)
    .where(and(ne(indexes.state, 'deleted'), ne(indexes.embeddingModel, noModel)))
    .orderBy(asc(indexes.id))
  return rows
    .filter(({ model, dimension }) => !models.some((one) => one.name === model && one.dimension === dimension))
    .map(
      ({ name, model, dimension }) =>
        `Index ${name} was made for ${model} with ${dimension} dimensions, which no setting names: texts of its tenants are refused until EMBEDDING_MODEL or an entry of EMBEDDING_MODELS does.`,
    )
}
