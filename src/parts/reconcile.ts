import { systemClock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { Reconciler, type ReconcilerOptions } from '../reconcile/reconciler.ts'
import type { RunReconciliationDeps } from '../reconcile/run-reconciliation.ts'

/** Starts this replica's worker for comparisons of the registry with the store. */
export function openReconciler(
  { pinecone, moves, reconcile, embeddingModels: models }: Config,
  deps: Pick<RunReconciliationDeps, 'db' | 'stores' | 'log'>,
  options: Partial<ReconcilerOptions> = {},
): Reconciler {
  const { projects, indexPrefix, region, poolNamespaceLimit } = pinecone
  const { storeVisibleMs, storeInDoubtMs } = moves
  const { everyMs, graceMs } = reconcile
  const settings = { projects, indexPrefix, region, poolNamespaceLimit, models, storeVisibleMs, storeInDoubtMs }
  const leaseMs = 3 * moves.sessionLeaseMs
  return new Reconciler(
    { ...deps, clock: systemClock, graceMs, settings },
    { leaseMs, pollMs: 2_000, everyMs, ...options },
  )
}
