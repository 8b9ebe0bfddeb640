import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import type { Paces } from '../moves/pace/pace-stores.ts'
import { AppChanges } from '../rag/writes/app-changes.ts'
import type { VectorStore } from '../stores/store.ts'
import type { BuildInventoryDeps } from '../tenants/adopt/inventory/build-inventory.ts'
import { InventoryWorker, type InventoryWorkerOptions } from '../tenants/adopt/inventory/inventory-worker.ts'
import { OwnWrites } from '../tenants/adopt/watch/own-writes.ts'
import { startAdoptedWatch } from './adopted-watch.ts'

/** Parts that a test replaces. */
export interface AdoptedOverrides {
  readonly adoptedWatchEveryMs?: number
  readonly inventory?: Partial<InventoryWorkerOptions> & Pick<BuildInventoryDeps, 'onBatch'>
}

export interface AdoptedParts extends Pick<BuildInventoryDeps, 'db' | 'routes'> {
  readonly stores: VectorStore
  /** Inventories are built no faster than moves read. */
  readonly paces: Paces
  readonly log: Logger
  readonly onFault: (error: unknown) => void
}

/** Learns what is written to adopted tenants through this replica. */
export interface AdoptedWrites {
  readonly ownWrites: OwnWrites
  readonly appChanges: AppChanges
}

/** Starts this replica's watch over adopted places and its worker for their inventories. */
export function openAdopted(
  { moves }: Config,
  { db, routes, stores, paces, log, onFault }: AdoptedParts,
  opening: AsyncDisposableStack,
  { adoptedWatchEveryMs: everyMs, inventory }: AdoptedOverrides,
): AdoptedWrites {
  const { sessionLeaseMs, storeVisibleMs } = moves
  opening.use(startAdoptedWatch({ db, stores, log, storeVisibleMs, everyMs }))
  const deps = { db, routes, stores: paces.slow(stores), settings: { storeVisibleMs }, log, ...inventory }
  opening.use(new InventoryWorker(deps, { leaseMs: 3 * sessionLeaseMs, pollMs: 1_000, ...inventory }))
  return {
    ownWrites: opening.use(new OwnWrites(db, { onError: onFault })),
    appChanges: opening.use(new AppChanges(db, { onError: onFault })),
  }
}
