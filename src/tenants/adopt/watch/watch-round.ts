import type { Logger } from 'pino'
import { eachLimited } from '../../../concurrency/each-limited.ts'
import type { Db } from '../../../db/connect.ts'
import { listWatchedIndexes, setSealed, withdrawSeal } from '../../../registry/adopted-indexes.ts'
import { appendAudit } from '../../../registry/audit/audit.ts'
import type { IndexRow } from '../../../registry/indexes.ts'
import {
  countSuspectIn,
  keepLook,
  listToWatch,
  type PlaceWatch,
  type WatchedPlace,
} from '../../../registry/watch/place-watch.ts'
import { probeId } from '../../../stores/reserved.ts'
import type { VectorStore } from '../../../stores/store.ts'
import { judgeLook } from './judge-look.ts'

export interface WatchDeps {
  readonly db: Db
  /** Rounds that this replica has completed since an index's sealing was stated, by the index. */
  readonly rounds: Map<number, RoundCount>
  readonly stores: Pick<VectorStore, 'open'>
  readonly log: Pick<Logger, 'warn'>
  readonly settings: {
    /** Longest time in which a replica reports a write of its own, with the time until the store shows it. */
    readonly reportMs: number
  }
}

interface RoundCount {
  readonly sealUntil: number
  readonly done: number
}

/** The first look, one that is compared with it, and one by which reports of our own writes have explained that. */
const roundsMin = 3

/** Places looked at in a round and index: two calls each, far below the vendor's rates of reads. */
const placesARound = 50
const atOnce = 4

/**
 * One round of the watch over adopted indexes whose sealing was stated: looks at the places that were not seen for the
 * longest time, and ends the watch of an index that is due. However short the watch was to be, it has compared looks,
 * and no number waits for an explanation. Any number of replicas may run it.
 */
export async function watchRound(deps: WatchDeps, signal: AbortSignal): Promise<void> {
  for (const index of await listWatchedIndexes(deps.db)) {
    signal.throwIfAborted()
    const startedAt = Date.now()
    const places = await listToWatch(deps.db, index.id, placesARound)
    let open = 0
    const { failed } = await eachLimited(places, atOnce, async (place) => {
      const { pendingAt } = await look(deps, index, place, signal)
      if (pendingAt !== null && pendingAt.getTime() < startedAt) open += 1
    })
    if (failed > 0 || index.sealUntil === null) continue
    const done = countRound(deps, index.id, index.sealUntil.getTime())
    if (done >= roundsMin && open === 0 && index.sealUntil.getTime() <= startedAt) await endWatch(deps, index)
  }
}

function countRound({ rounds }: WatchDeps, indexId: number, sealUntil: number): number {
  const before = rounds.get(indexId)
  const done = before?.sealUntil === sealUntil ? before.done + 1 : 1
  rounds.set(indexId, { sealUntil, done })
  return done
}

async function look(deps: WatchDeps, index: IndexRow, place: WatchedPlace, signal: AbortSignal): Promise<PlaceWatch> {
  const { placement, tenantId, watch } = place
  const store = deps.stores.open(placement)
  const [read, namespace] = [await store.fetch([probeId], { signal }), await store.describeNamespace({ signal })]
  const shown = { atMs: Date.now(), lsn: read.indexedLsn, records: namespace?.recordCount ?? 0 }
  const judged = judgeLook(placement.placeId, watch, shown, deps.settings.reportMs)
  await deps.db.transaction(async (tx) => {
    if (!(await keepLook(tx, watch, judged.watch)) || !judged.isSuspicious) return
    const detail = { index: index.name, namespace: placement.namespace, suspicions: judged.watch.suspicions }
    await appendAudit(tx, [{ actor: 'system', action: 'place.foreign_write', tenantId, detail }])
    deps.log.warn({ tenantId, ...detail }, 'somebody else seems to write to an adopted place')
  })
  return judged.watch
}

async function endWatch({ db }: WatchDeps, index: IndexRow): Promise<void> {
  await db.transaction(async (tx) => {
    const places = await countSuspectIn(tx, index.id)
    const isEnded = places === 0 ? await setSealed(tx, index.id) : await withdrawSeal(tx, index.id)
    if (!isEnded) return
    const action = places === 0 ? 'index.sealed' : 'index.seal_withdrawn'
    await appendAudit(tx, [{ actor: 'system', action, detail: { index: index.name, suspectPlaces: places } }])
  })
}
