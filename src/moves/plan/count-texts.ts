import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { RecordFields } from '../../placement/record-fields.ts'
import { chunkMarkKey } from '../../stores/reserved.ts'
import type { TenantStore, VectorStore } from '../../stores/store.ts'
import { readSource } from '../state/read-places.ts'
import { readReplaced } from '../supplied/read-supplied.ts'
import { mustHaveFile } from '../supplied/supply-vectors.ts'
import { vectorHash } from '../supplied/vector-bits.ts'
import type { WantedMove } from '../target/plan-refusals.ts'

/** Records without a text, and those of them that no supplied vector fits. */
export interface Textless {
  readonly count: number
  /** Null: no vectors were supplied. */
  readonly missing: {
    readonly count: number
    /** The first ids. */
    readonly ids: readonly string[]
  } | null
}

const pageSize = 200
/** Ids that a refusal names, at most. */
const namedAtMost = 10

/**
 * Counts the records of a place without the field of the text, as the store shows them. A text that is empty or of
 * another form is found by the move itself, which then stops for a person.
 *
 * @throws AppError `invalid_request` for supplied vectors that there are not, and the store's faults.
 */
export async function countTextless(
  tx: Tx,
  store: TenantStore,
  fields: Pick<RecordFields, 'text'>,
  { tenantId, model, vectorsFrom }: Pick<WantedMove, 'tenantId' | 'model' | 'vectorsFrom'>,
  signal?: AbortSignal,
): Promise<Textless> {
  const filter = { $and: [{ [chunkMarkKey]: { $exists: false } }, { [fields.text]: { $exists: false } }] }
  const options = signal === undefined ? {} : { signal }
  if (vectorsFrom === undefined) return { count: (await store.countByFilter(filter, options)).count, missing: null }
  await mustHaveFile(tx, { tenantId, model, vectorsFrom })
  let [count, missing] = [0, 0]
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await store.fetchByFilter(
      { filter, limit: pageSize, ...(cursor !== undefined && { cursor }) },
      options,
    )
    const replaced = await readReplaced(
      tx,
      vectorsFrom,
      page.records.map(({ id }) => id),
    )
    const open = page.records.filter(({ id, values }) => replaced.get(id) !== vectorHash(values))
    count += page.records.length
    missing += open.length
    ids.push(...open.slice(0, namedAtMost - ids.length).map(({ id }) => id))
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return { count, missing: { count: missing, ids } }
}

/** Why a move may not leave that many records behind; undefined when it may. */
export function whyNoTexts(
  { count, missing }: Textless,
  { text }: Pick<RecordFields, 'text'>,
  { leaveBehind = 0 }: Pick<WantedMove, 'leaveBehind'>,
): AppError | undefined {
  const behind = missing?.count ?? count
  if (behind <= leaveBehind) return undefined
  const stay = 'let them stay behind in the old place, which is deleted in the end'
  const words =
    missing === null
      ? `${count} record(s) have no text in the metadata field ${text}, and only a text can be embedded anew. Put them again with their text, supply their vectors, or ${stay}.`
      : `Of ${count} record(s) without a text, ${behind} have no vector in the file, or have been given another one since: ${missing.ids.join(', ')}${behind > missing.ids.length ? ', …' : ''}. Supply a file with all of them, or ${stay}.`
  const faults = [
    { path: 'leaveBehind', message: `must be ${behind} or more for them to stay behind` },
    { path: 'vectorsFrom', message: 'may name a file with a vector for each of them' },
  ]
  return new AppError('conflict', words, { faults })
}

/** @throws AppError `conflict` when more records than accepted have neither a text nor a supplied vector. */
export async function refuseWithoutText(
  { db, stores }: { readonly db: Tx; readonly stores?: Pick<VectorStore, 'open'> },
  wanted: WantedMove,
): Promise<void> {
  const place = await readSource(db, wanted)
  if (place === undefined || stores === undefined) return
  const { placement, fields } = place
  const refusal = whyNoTexts(await countTextless(db, stores.open(placement), fields, wanted), fields, wanted)
  if (refusal !== undefined) throw refusal
}
