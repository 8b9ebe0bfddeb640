import type { Db } from '../../db/connect.ts'
import { eraseIndex, setIndexDeleting } from '../../registry/index-creation.ts'
import { findIndex, setIndexDeleted } from '../../registry/indexes.ts'
import { isIndexInUse, listReservedIn } from '../../registry/places.ts'
import type { VectorStore } from '../../stores/store.ts'
import type { TenantSettings } from '../places/settings.ts'
import { withdrawTenant } from '../places/withdraw-tenant.ts'
import { isOurs } from './index-spec.ts'

interface Deps {
  readonly db: Db
  readonly stores: VectorStore
  readonly settings: TenantSettings
}

/**
 * Gives up an index that the store will not make. First the index takes no more tenants, then its waiting tenants are
 * withdrawn, then it goes: without a trace if the store was asked once and refused (`untouched`), otherwise by
 * `sweepDeletingIndex` when no earlier request can land any more.
 */
export async function abandonIndex(deps: Omit<Deps, 'stores'>, indexId: number, untouched: boolean): Promise<void> {
  await setIndexDeleting(deps.db, indexId, untouched ? 0 : deps.settings.storeInDoubtMs)
  await withdrawFrom(deps, indexId)
  if (untouched) await eraseIndex(deps.db, indexId)
}

/**
 * Completes what `abandonIndex` began. Only for an index whose lease has expired (`listAbandoned`): nothing lands any
 * more.
 */
export async function sweepDeletingIndex(
  deps: Omit<Deps, 'settings'>,
  indexId: number,
  signal: AbortSignal,
): Promise<void> {
  const { db, stores } = deps
  await withdrawFrom(deps, indexId)
  const row = await findIndex(db, indexId)
  if (row?.state !== 'deleting' || (await isIndexInUse(db, indexId))) return
  const info = await stores.describeIndex(row.project, row.name, { signal })
  if (info === undefined) return setIndexDeleted(db, indexId)
  if (isOurs(info, row)) await stores.deleteIndex(row.project, row.name, { signal })
  else await setIndexDeleted(db, indexId)
}

async function withdrawFrom({ db }: Pick<Deps, 'db'>, indexId: number): Promise<void> {
  for (const place of await listReservedIn(db, indexId)) {
    await db.transaction((tx) => withdrawTenant(tx, place))
  }
}
