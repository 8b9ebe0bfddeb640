import { systemClock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { Reconciler, type ReconcilerOptions } from '../reconcile/reconciler.ts'
import type { RunReconciliationDeps } from '../reconcile/run-reconciliation.ts'

/** Starts this replica's worker for comparisons of the registry with the store. */
export function openReconciler(
  { pinecone, moves, reconcile }: Config,
  deps: Pick<RunReconciliationDeps, 'db' | 'stores' | 'log'>,
  options: Partial<ReconcilerOptions> = {},
): Reconciler {
  const { projects, indexPrefix } = pinecone
  const { everyMs, graceMs } = reconcile
  const settings = { projects, indexPrefix, storeVisibleMs: moves.storeVisibleMs }
  const leaseMs = 3 * moves.sessionLeaseMs
  return new Reconciler(
    { ...deps, clock: systemClock, graceMs, settings },
    { leaseMs, pollMs: 2_000, everyMs, ...options },
  )
}
