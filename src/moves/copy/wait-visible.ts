import type { Clock } from '../../clock.ts'
import { probeId } from '../../stores/reserved.ts'
import type { TenantStore } from '../../stores/store.ts'
import { type Gate, untilOf } from '../state/gate.ts'

type Visibility =
  | { readonly kind: 'visible' }
  /** The store does not show everything yet: ask again. */
  | { readonly kind: 'behind'; readonly byLsn: number }
  /** The store sends no sequence numbers: only time is a proof. */
  | { readonly kind: 'unproven' }

/**
 * Whether reads of a namespace show every write answered before now (docs/moves.md A3). A write that changes nothing
 * returns the namespace's latest sequence number; a read returns how far the store shows.
 */
async function probeVisibility(store: TenantStore, signal: AbortSignal): Promise<() => Promise<Visibility>> {
  const { lsn } = await store.deleteIds([probeId], { signal })
  return async () => {
    if (lsn === undefined) return { kind: 'unproven' }
    const listed = await store.list({ limit: 1 }, { signal })
    const indexedLsn = listed.indexedLsn ?? (await queriedLsn(store, signal))
    if (indexedLsn === undefined) return { kind: 'unproven' }
    return indexedLsn >= lsn ? { kind: 'visible' } : { kind: 'behind', byLsn: lsn - indexedLsn }
  }
}

async function queriedLsn(store: TenantStore, signal: AbortSignal): Promise<number | undefined> {
  const { dimension } = store.placement.vectors
  const vector = Array.from({ length: dimension }, (_, i) => (i === 0 ? 1 : 0))
  return (await store.query({ vector, topK: 1 }, { signal })).indexedLsn
}

/** Waits for a proof that everything is visible, or, when the store offers none, for the store's longest lag. */
export async function waitVisible(
  store: TenantStore,
  options: {
    readonly storeVisibleMs: number
    readonly signal: AbortSignal
    readonly clock: Clock
    /** Called while not everything is visible: reports the wait, and throws when somebody asked to stop it. */
    readonly onWait: (gate: Gate, retryMs: number) => Promise<void>
  },
): Promise<void> {
  const { storeVisibleMs, signal, clock, onWait } = options
  const { indexName: index } = store.placement
  const look = await probeVisibility(store, signal)
  const startedAtMs = clock.now()
  for (;;) {
    const seen = await look()
    if (seen.kind === 'visible') return
    if (seen.kind === 'unproven' && clock.now() - startedAtMs >= storeVisibleMs) return
    // Without sequence numbers the wait ends with its bound; with them, when the store shows what it owes.
    const until =
      seen.kind === 'unproven' ? { until: untilOf(clock, storeVisibleMs - (clock.now() - startedAtMs)) } : {}
    const pauseMs = seen.kind === 'unproven' ? Math.min(500, storeVisibleMs) : 50
    await onWait({ kind: 'not_shown_yet', index, ...until }, pauseMs)
    await clock.sleep(pauseMs, signal)
  }
}
