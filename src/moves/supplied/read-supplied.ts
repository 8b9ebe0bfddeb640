import { and, eq, inArray } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { suppliedVectors } from './supplied.sql.ts'
import { vectorOfBits } from './vector-bits.ts'

/** A vector that a person supplied, and the hash of the one that it replaces. */
export interface SuppliedVector {
  readonly values: readonly number[]
  readonly instead: string
}

/** The vectors of a file for these records; those that it lacks are absent. */
export async function readSupplied(
  tx: Tx,
  fileId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, SuppliedVector>> {
  if (ids.length === 0) return new Map()
  const rows = await tx
    .select()
    .from(suppliedVectors)
    .where(and(eq(suppliedVectors.fileId, fileId), inArray(suppliedVectors.recordId, [...ids])))
  return new Map(rows.map(({ recordId, instead, values }) => [recordId, { instead, values: vectorOfBits(values) }]))
}

/** The hashes of the vectors that those of a file replace, by record. */
export async function readReplaced(
  tx: Tx,
  fileId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const { recordId, instead } = suppliedVectors
  const rows = await tx
    .select({ recordId, instead })
    .from(suppliedVectors)
    .where(and(eq(suppliedVectors.fileId, fileId), inArray(recordId, [...ids])))
  return new Map(rows.map((row) => [row.recordId, row.instead]))
}
