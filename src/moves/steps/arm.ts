import { readBarrier } from '../../registry/barrier.ts'
import { changeRouting } from '../../registry/change-routing.ts'
import { asMover, changeMove } from '../journal.ts'
import { readPlacements, readRouting } from '../read-places.ts'
import { barrierTickOf, next, replicasBehind, type Step, type StepContext, type StepResult, wait } from '../step.ts'
import { waitVisible } from '../wait-visible.ts'

/**
 * Waits until nothing can change the source any more: every replica holds the tenant's writes, no unanswered write may
 * still land, and the store shows all that was answered. Then the copy may start.
 */
export const arm: Step = async (context) => {
  const { db, stores, settings, move, signal } = context
  const gate = await barrierGate(context)
  if (gate !== undefined) return gate
  await context.at('arm: barrier passed')
  const { source, dimension } = await readPlacements(db, move)
  const { storeVisibleMs } = settings
  await waitVisible(stores.open(source), { dimension, storeVisibleMs, signal })
  await asMover(db, move, async (tx, row) => {
    const { routing } = await readRouting(tx, row)
    if (routing.phase !== 'arm') return
    const changed = await changeRouting(tx, row.tenantId, routing.epoch, { phase: 'track' })
    if (changed !== undefined) await changeMove(tx, row, { state: 'copying', cursor: null, gate: null })
  })
  return next
}

/** The gate of the move's barrier; undefined when no write begun before it is under way or may still land. */
async function barrierGate({ db, move, settings }: StepContext): Promise<StepResult | undefined> {
  const { behind, doubtMs } = await readBarrier(db, barrierTickOf(move), settings.storeInDoubtMs)
  if (behind > 0) return wait(replicasBehind(behind), 50)
  if (doubtMs > 0) return wait('a write that got no answer from the store may still land', Math.min(doubtMs, 1000))
  return undefined
}
