import { backoffMs } from '../../backoff.ts'
import { isPassing, pause, storeBackoff } from '../../concurrency/retry.ts'
import type { Db } from '../../db/connect.ts'
import { AppError, isAppError } from '../../errors.ts'
import { renewCreation, setIndexReady, takeOverCreation } from '../../registry/index-creation.ts'
import { findIndex, type IndexRow } from '../../registry/indexes.ts'
import type { IndexInfo, VectorStore } from '../../stores/store.ts'
import type { TenantSettings } from '../places/settings.ts'
import { abandonIndex } from './abandon-index.ts'
import { indexSpec, isOurs } from './index-spec.ts'

export interface MakeIndexDeps {
  readonly db: Db
  readonly stores: VectorStore
  readonly settings: TenantSettings
}

/**
 * Waits until an index that is being made is ready. It makes the index itself if this replica opened it (`mine`) or the
 * creator's lease expired. The lease is as long as a lost request may still land, so a successor meets its
 * predecessor's work as "exists already" and adopts it.
 * @returns the ready index; undefined when it was given up, with its waiting tenants withdrawn.
 * @throws the store's permanent refusals: `index_limit_reached`, `conflict` (someone else's index has that name),
 *   `invalid_request`; by then the index and every reservation in it are undone.
 */
export async function makeIndex(
  deps: MakeIndexDeps,
  indexId: number,
  mine: boolean,
  signal: AbortSignal,
): Promise<IndexRow | undefined> {
  const { db, settings } = deps
  for (let first = mine; ; first = false) {
    const row = await findIndex(db, indexId)
    if (row?.state !== 'creating') return row?.state === 'ready' ? row : undefined
    if (first || (await takeOverCreation(db, indexId, settings.storeInDoubtMs)) !== undefined) {
      await createUntilReady(deps, row, first, signal)
    } else {
      await pause(settings.pollMs ?? 500, signal)
    }
  }
}

async function createUntilReady(deps: MakeIndexDeps, row: IndexRow, mine: boolean, signal: AbortSignal) {
  const { db, stores, settings } = deps
  let untouched = mine
  for (let failures = 0; ; failures++) {
    try {
      const info = await createOrAdopt(stores, row, signal)
      if (info?.ready) return await setIndexReady(db, row.id, info.host)
      await pause(settings.pollMs ?? 500, signal)
    } catch (error) {
      if (isRefusal(error)) {
        await abandonIndex(deps, row.id, untouched)
        throw error
      }
      if (!isPassing(error)) throw error
      await pause(backoffMs(storeBackoff, failures), signal)
    }
    // From here on an earlier request may have made it, or may still do so.
    untouched = false
    await renewCreation(db, row.id, settings.storeInDoubtMs)
  }
}

/** Returns undefined when the index existed a moment ago and is gone: ask again. */
async function createOrAdopt(stores: VectorStore, row: IndexRow, signal: AbortSignal): Promise<IndexInfo | undefined> {
  const known = await stores.describeIndex(row.project, row.name, { signal })
  if (known !== undefined) return adopt(known, row)
  try {
    return await stores.createIndex(row.project, indexSpec(row), { signal })
  } catch (error) {
    if (!isAppError(error, 'conflict')) throw error
    const existing = await stores.describeIndex(row.project, row.name, { signal })
    return existing === undefined ? undefined : adopt(existing, row)
  }
}

function adopt(info: IndexInfo, row: IndexRow): IndexInfo {
  if (!isOurs(info, row)) {
    throw new AppError('conflict', `The Pinecone project has an index ${row.name} that this router did not make.`)
  }
  if (info.dimension !== row.dimension || info.metric !== row.metric) {
    throw new AppError(
      'conflict',
      `Index ${row.name} has ${info.dimension} dimensions and metric ${info.metric}; ${row.dimension} and ${row.metric} are configured.`,
    )
  }
  return info
}

function isRefusal(error: unknown): boolean {
  return (
    isAppError(error, 'index_limit_reached') || isAppError(error, 'conflict') || isAppError(error, 'invalid_request')
  )
}
