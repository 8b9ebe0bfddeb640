import { AppError, isAppError } from '../../errors.ts'
import type { TenantStore } from '../../stores/store.ts'
import { type Comparison, compare } from '../compare.ts'
import { asMover, changeMove } from '../journal.ts'
import { readPlacements } from '../read-places.ts'
import { next, type Step, type StepContext } from '../step.ts'
import { waitVisible } from '../wait-visible.ts'
import { suspect } from './copy.ts'

/**
 * Compares every record of both places once the target shows all that was written. What differs is repaired once and
 * counted; if anything differs then, the move fails: a person has to look.
 */
export const verify: Step = async (context) => {
  const { db, stores, settings, move, signal } = context
  const { source, target, dimension } = await readPlacements(db, move)
  const [from, to] = [stores.open(source), stores.open(target)]
  const { storeVisibleMs } = settings
  const look = async (): Promise<Comparison> => {
    await waitVisible(to, { dimension, storeVisibleMs, signal })
    return compare(from, to, { signal, onProgress: (verified) => note(context, verified) })
  }
  let found = await look()
  await refuseFewer(from, found, signal)
  const repaired = found.toPut.length + found.toDelete.length
  if (repaired > 0) {
    await repair(context, from, to, found)
    found = await look()
  }
  if (found.toPut.length + found.toDelete.length > 0) {
    const words = `After ${repaired} repairs the two places still differ in ${found.toPut.length + found.toDelete.length} records.`
    throw new AppError('store_inconsistent', words)
  }
  await context.at('verify: compared')
  const { sourceRecords, targetRecords, equal, digest } = found
  const verification = { verifiedAt: new Date().toISOString(), sourceRecords, targetRecords, equal, repaired, digest }
  await asMover(db, move, (tx, row) =>
    changeMove(
      tx,
      row,
      { state: 'fencing', verification, verified: equal, repairs: repaired, gate: null },
      verification,
    ),
  )
  return next
}

/** A listing that shows less than the store itself counts is no ground to switch on. */
async function refuseFewer(from: TenantStore, found: Comparison, signal: AbortSignal): Promise<void> {
  const counted = (await from.describeNamespace({ signal }))?.recordCount
  if (counted === undefined) throw new AppError('store_inconsistent', "The source's namespace is gone.")
  if (found.sourceRecords >= counted) return
  const words = `The source counts ${counted} records but lists ${found.sourceRecords}.`
  throw new AppError('store_unavailable', words)
}

async function repair(context: StepContext, from: TenantStore, to: TenantStore, found: Comparison): Promise<void> {
  const { signal } = context
  try {
    for (let at = 0; at < found.toPut.length; at += 500) {
      const { records } = await from.fetch(found.toPut.slice(at, at + 500), { signal })
      const receipt = await to.upsert([...records.values()], { signal })
      if (receipt.doubtful) await suspect(context)
    }
    if (found.toDelete.length > 0) await to.deleteIds(found.toDelete, { signal })
  } catch (error) {
    if (isAppError(error, 'outcome_unknown')) await suspect(context)
    throw error
  }
}

async function note({ db, move }: StepContext, verified: number): Promise<void> {
  await asMover(db, move, (tx, row) => changeMove(tx, row, { verified }))
}
