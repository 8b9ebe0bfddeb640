import { and, count, eq, isNull, sql } from 'drizzle-orm'
import type { StaffPrincipal } from '../../auth/principal.ts'
import type { Db, Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { lockTenantRow } from '../../registry/tenants.ts'
import { usableText } from '../../stores/record-text.ts'
import type { VectorRecord, VectorStore } from '../../stores/store.ts'
import { readSource } from '../state/read-places.ts'
import { suppliedVectors, vectorFiles } from './supplied.sql.ts'
import { bitsOf, vectorHash } from './vector-bits.ts'

export interface SupplyDeps {
  readonly db: Db
  readonly stores: Pick<VectorStore, 'open'>
  readonly settings: { readonly models?: readonly { readonly name: string; readonly dimension: number }[] }
}

/** A part of a file of vectors. */
export interface SuppliedPart {
  /** The file that it belongs to; undefined: it begins one, in place of an earlier one that no move uses. */
  readonly file?: string | undefined
  /** The model that made the vectors. */
  readonly model: string
  readonly vectors: readonly { readonly id: string; readonly values: readonly number[] }[]
}

export interface SuppliedFile {
  readonly id: string
  readonly model: string
  /** Vectors of the whole file so far. */
  readonly records: number
  /** Ids of this part that the tenant has no record of; their vectors were left out. */
  readonly unknown: readonly string[]
  /** Records of this part that have a text, of which the model makes the vector; left out too. */
  readonly withText: number
}

/** Vectors of one file, at most. */
export const suppliedAtMost = 200_000
/** Days that a file waits for its move. */
const keptDays = 7
const fetchedAtOnce = 100

/**
 * Adds vectors to a file for a tenant's next reembed. Each belongs to its record as it is now: one whose vector the app
 * replaces meanwhile is not taken for it. The same id again replaces what was there.
 *
 * @throws AppError `not_found` for a tenant or a file, `invalid_request` for a model that no setting names, a vector of
 *   another dimension, another model than the file's, or a file that is too large; `conflict` for one that a move uses;
 *   and the store's faults.
 */
export async function supplyVectors(
  { db, stores, settings }: SupplyDeps,
  actor: StaffPrincipal,
  tenantId: TenantId,
  { file, model, vectors }: SuppliedPart,
  signal?: AbortSignal,
): Promise<SuppliedFile> {
  const dimension = dimensionOf(settings, model)
  vectors.forEach(({ values }, at) => {
    if (values.length !== dimension)
      throw fault(`vectors.${at}.values`, `must have ${dimension} numbers, as the model ${model} makes them`)
  })
  const place = await readSource(db, { tenantId })
  if (place === undefined) throw new AppError('not_found', 'There is no such tenant.')
  const found = new Map<string, VectorRecord>()
  const store = stores.open(place.placement)
  const ids = [...new Set(vectors.map(({ id }) => id))]
  for (let from = 0; from < ids.length; from += fetchedAtOnce) {
    const { records } = await store.fetch(ids.slice(from, from + fetchedAtOnce), { ...(signal && { signal }) })
    for (const [id, record] of records) found.set(id, record)
  }
  const unknown = ids.filter((id) => !found.has(id))
  // Of two vectors with one id the last is kept.
  const rows = new Map(
    vectors.flatMap(({ id, values }) => {
      const record = found.get(id)
      if (record === undefined || usableText(record, place) !== undefined) return []
      return [[id, { recordId: id, instead: vectorHash(record.values), values: bitsOf(values) }] as const]
    }),
  )
  return db.transaction(async (tx) => {
    const row =
      file === undefined ? await begin(tx, actor, { tenantId, model, dimension }) : await reopen(tx, tenantId, file)
    if (row.model !== model) throw fault('model', `must be ${row.model}, as in the parts before`)
    const values = [...rows.values()].map((one) => ({ ...one, fileId: row.id }))
    if (values.length > 0)
      await tx
        .insert(suppliedVectors)
        .values(values)
        .onConflictDoUpdate({
          target: [suppliedVectors.fileId, suppliedVectors.recordId],
          set: { instead: sql`excluded.instead`, values: sql`excluded.values` },
        })
    const [counted] = await tx
      .select({ records: count() })
      .from(suppliedVectors)
      .where(eq(suppliedVectors.fileId, row.id))
    const records = counted?.records ?? 0
    if (records > suppliedAtMost) throw fault('vectors', `may be up to ${suppliedAtMost} in all parts of a file`)
    return { id: row.id, model, records, unknown, withText: ids.length - unknown.length - rows.size }
  })
}

/** Gives a file to the move that begins. @throws AppError `invalid_request` when there is no such file for it. */
export async function attachFile(
  tx: Tx,
  { tenantId, vectorsFrom, model }: { tenantId: TenantId; vectorsFrom: string; model: string },
  moveId: string,
): Promise<void> {
  const free = and(eq(vectorFiles.id, vectorsFrom), eq(vectorFiles.tenantId, tenantId), isNull(vectorFiles.moveId))
  const [row] = await tx
    .update(vectorFiles)
    .set({ moveId })
    .where(and(free, eq(vectorFiles.model, model)))
    .returning({ id: vectorFiles.id })
  if (row === undefined) throw noFile(model)
}

/** @throws AppError `invalid_request` when there is no such file of vectors of the model that no move uses. */
export async function mustHaveFile(
  tx: Tx,
  { tenantId, vectorsFrom, model = '' }: { tenantId: TenantId; vectorsFrom: string; model?: string | undefined },
): Promise<void> {
  const [row] = await tx
    .select({ model: vectorFiles.model })
    .from(vectorFiles)
    .where(and(eq(vectorFiles.id, vectorsFrom), eq(vectorFiles.tenantId, tenantId), isNull(vectorFiles.moveId)))
  if (row?.model !== model) throw noFile(model)
}

/** Deletes files that waited too long for a move. */
export async function dropOldFiles(tx: Tx): Promise<void> {
  const age = sql`${vectorFiles.createdAt} < now() - make_interval(days => ${keptDays})`
  await tx.delete(vectorFiles).where(and(isNull(vectorFiles.moveId), age))
}

async function begin(
  tx: Tx,
  actor: StaffPrincipal,
  { tenantId, model, dimension }: { tenantId: TenantId; model: string; dimension: number },
) {
  if ((await lockTenantRow(tx, tenantId)) === undefined) throw new AppError('not_found', 'There is no such tenant.')
  await tx.delete(vectorFiles).where(and(eq(vectorFiles.tenantId, tenantId), isNull(vectorFiles.moveId)))
  const created = { tenantId, model, dimension, createdBy: actor.subject }
  const [row] = await tx.insert(vectorFiles).values(created).returning()
  if (row === undefined) throw new Error('an insert returns its row')
  await appendAudit(tx, [{ actor, action: 'vectors.supply', tenantId, detail: { file: row.id, model } }])
  return row
}

async function reopen(tx: Tx, tenantId: TenantId, file: string) {
  const [row] = await tx
    .select()
    .from(vectorFiles)
    .where(and(eq(vectorFiles.id, file), eq(vectorFiles.tenantId, tenantId)))
    .for('update')
  if (row === undefined) throw new AppError('not_found', 'There is no such file of vectors.')
  if (row.moveId !== null) throw new AppError('conflict', `Move ${row.moveId} uses the file: it takes no more vectors.`)
  return row
}

function dimensionOf({ models = [] }: SupplyDeps['settings'], name: string): number {
  const found = models.find((one) => one.name === name)
  if (found === undefined) throw fault('model', `must be an embedding model of the settings; ${name} is none`)
  return found.dimension
}

function noFile(model: string): AppError {
  return fault('vectorsFrom', `must be a file of vectors of the model ${model} that was supplied for this tenant`)
}

function fault(path: string, message: string): AppError {
  return new AppError('invalid_request', `${path} ${message}.`, { faults: [{ path, message }] })
}
