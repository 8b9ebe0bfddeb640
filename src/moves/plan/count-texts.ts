import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { Placement } from '../../placement/placement.ts'
import { ownFields, type RecordFields } from '../../placement/record-fields.ts'
import { readRoute } from '../../routing/read-route.ts'
import { chunkMarkKey } from '../../stores/reserved.ts'
import type { TenantStore, VectorStore } from '../../stores/store.ts'
import type { WantedMove } from '../target/plan-refusals.ts'

/**
 * Counts the records of a place without the field of the text, as the store shows them, by one call. A text that is
 * empty or of another form is found by the move itself, which then stops for a person.
 */
export async function countWithoutText(
  store: TenantStore,
  { text }: Pick<RecordFields, 'text'>,
  signal?: AbortSignal,
): Promise<number> {
  const filter = { $and: [{ [chunkMarkKey]: { $exists: false } }, { [text]: { $exists: false } }] }
  return (await store.countByFilter(filter, signal === undefined ? {} : { signal })).count
}

/** Why a move may not leave that many records behind; undefined when it may. */
export function whyNoTexts(
  count: number,
  { text }: Pick<RecordFields, 'text'>,
  { leaveBehind = 0 }: Pick<WantedMove, 'leaveBehind'>,
): AppError | undefined {
  if (count <= leaveBehind) return undefined
  const words = `${count} record(s) have no text in the metadata field ${text}, and only a text can be embedded anew. Put them again with their text, or let them stay behind in the old place, which is deleted in the end: --leave-behind ${count}`
  return new AppError('conflict', words)
}

/** @throws AppError `conflict` when more records than accepted have no text. */
export async function refuseWithoutText(
  { db, stores }: { readonly db: Tx; readonly stores?: Pick<VectorStore, 'open'> },
  wanted: WantedMove,
): Promise<void> {
  const place = await readSource(db, wanted)
  if (place === undefined || stores === undefined) return
  const { placement, fields } = place
  const refusal = whyNoTexts(await countWithoutText(stores.open(placement), fields), fields, wanted)
  if (refusal !== undefined) throw refusal
}

async function readSource(
  tx: Tx,
  { tenantId }: WantedMove,
): Promise<{ readonly placement: Placement; readonly fields: RecordFields } | undefined> {
  const lookup = await readRoute(tx, tenantId)
  if ('missing' in lookup) return undefined
  const { routing, adopted } = lookup.found.route
  return { placement: routing.active, fields: adopted?.fields ?? ownFields }
}
