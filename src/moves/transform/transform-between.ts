import type { Db } from '../../db/connect.ts'
import { isSameSpace, type Placement } from '../../placement/placement.ts'
import type { MoveRow } from '../state/move-history.ts'
import { readFields } from '../state/read-places.ts'
import { readSupplied } from '../supplied/read-supplied.ts'
import type { MoveModels } from './move-models.ts'
import { Transform } from './transform.ts'

/**
 * The rules of a move from one of its places to the other; undefined where both have the same vector space.
 * @param models absent: nothing is embedded, only compared.
 */
export async function transformBetween(
  { db, move, models }: { readonly db: Db; readonly move: MoveRow; readonly models?: MoveModels },
  from: Placement,
  into: Placement,
): Promise<Transform | undefined> {
  if (isSameSpace(from.vectors, into.vectors)) return undefined
  const { sourcePlaceId, vectorsFrom } = move
  const supplied = vectorsFrom === null ? undefined : (ids: readonly string[]) => readSupplied(db, vectorsFrom, ids)
  return new Transform({ from, into, sourcePlaceId, fields: await readFields(db, move), supplied }, models)
}
