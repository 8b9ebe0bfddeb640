import { AppError } from '../../errors.ts'
import {
  type FoundIds,
  type Send,
  sendFound,
  stillThere,
  type TenantWrite,
} from '../../routing/write-log/tenant-write.ts'
import { also, untouched, type WriteOutcome } from '../../routing/write-log/write-outcome.ts'
import { changeLogTime } from '../../routing/write-log/written-ids.ts'
import { pagesOf } from '../../stores/pages.ts'
import { chunkMarkKey } from '../../stores/reserved.ts'
import type { Filter, TenantStore } from '../../stores/store.ts'
import { idsMax } from '../checks/check-records.ts'
import { indexMustBeThere } from '../index-gone.ts'
import { acrossPhases, type PassEnd } from './across-phases.ts'
import type { HandledIds } from './handled-ids.ts'
import type { MovingPlace } from './moving-place.ts'
import { type ProvenReads, provenReads } from './proven-reads.ts'
import type { WriteKit } from './write-kit.ts'

/** The vendor accepts five deletes or updates by filter a second per namespace (docs: rate limits). */
const spacingMs = 200
/** Longest wait for a turn. */
const turnMs = 2_000
/** Longest look at all matches, beside the time until the store shows everything. */
const lookMs = 30_000

/** The write of the records that match: by the store's own operation, and by id. */
export interface MatchingWrite {
  readonly kind: 'delete' | 'update'
  byFilter(filter: Filter): Send
  byIds(): Send
  /** Ids of one call by id, at most. */
  readonly idsAtOnce: number
  /** Why it can't be done while the tenant moves. */
  readonly refusal?: TenantWrite['refusal']
}

/** Restricts a filter to an app's own records: chunks belong to the inventory and go with their document. */
export function ownRecords(filter: Filter): Filter {
  return { $and: [filter, { [chunkMarkKey]: { $exists: false } }] }
}

/** Deletes an app's own matching records; see `writeMatching`. */
export function deleteMatching(kit: WriteKit, filter: Filter): Promise<WriteOutcome> {
  const { deleteByFilter: byFilter, deleteIds: byIds } = kit
  return writeMatching(kit, filter, { kind: 'delete', byFilter, byIds, idsAtOnce: idsMax })
}

/**
 * Deletes or updates an app's own matching records: at rest by the store's own operation, which applies to the records
 * as all earlier writes left them, on any replica (docs/moves.md R1, A6). While the tenant moves, it works by id on what
 * the store is proven to show; an id written since is inspected again at its own intent (R2).
 */
export function writeMatching(kit: WriteKit, filter: Filter, write: MatchingWrite): Promise<WriteOutcome> {
  const own = ownRecords(filter)
  return acrossPhases(kit, {
    atRest: write.byFilter(own),
    turn: () => takeTurn(kit),
    pass: (place, handled) => new MovingPass(kit, place, own, write, handled).run(),
  })
}

async function takeTurn({ memory, tenantId, clock }: WriteKit): Promise<WriteOutcome> {
  const nowMs = clock.now()
  const atMs = Math.max(nowMs, memory.filterDeletes.get(tenantId) ?? 0)
  if (atMs - nowMs > turnMs) {
    const words = 'The vector store takes five deletes or updates by filter a second. Nothing was changed; try again.'
    return untouched(new AppError('store_busy', words, { retryAfterS: Math.ceil((atMs - nowMs) / 1000) }))
  }
  memory.filterDeletes.set(tenantId, atMs + spacingMs)
  if (atMs > nowMs) await clock.sleep(atMs - nowMs)
  return untouched()
}

/** One pass over a place of a move. */
class MovingPass {
  readonly #kit: WriteKit
  readonly #place: MovingPlace
  readonly #filter: Filter
  readonly #write: MatchingWrite
  readonly #handled: HandledIds
  readonly #store: TenantStore
  #outcome: WriteOutcome = untouched()

  constructor(kit: WriteKit, place: MovingPlace, filter: Filter, write: MatchingWrite, handled: HandledIds) {
    this.#kit = kit
    this.#place = place
    this.#filter = filter
    this.#write = write
    this.#handled = handled
    this.#store = kit.stores.open(place.active)
  }

  async run(): Promise<PassEnd> {
    let fault: unknown
    const isElsewhere = await this.#pass().catch((thrown: unknown) => {
      fault = thrown
      return false
    })
    if (isElsewhere || (await this.#hasLeft())) return { outcome: this.#outcome, isElsewhere: true }
    return { outcome: fault === undefined ? this.#outcome : also(this.#outcome, untouched(fault)), isElsewhere: false }
  }

  /**
   * Whether the tenant has left the place meanwhile: it may be purged by then, so finding nothing there proves nothing.
   */
  async #hasLeft(): Promise<boolean> {
    if (this.#outcome.fault !== undefined) return false
    const { gate, tenantId } = this.#kit
    const there = await stillThere(gate, tenantId, this.#found)
    if (there !== 'elsewhere' && there.fault !== undefined) this.#outcome = also(this.#outcome, there)
    return there === 'elsewhere'
  }

  get #found(): FoundIds {
    return { placeId: this.#place.active.placeId, moveId: this.#place.moveId }
  }

  /** @returns whether the tenant no longer lives in the inspected place. */
  async #pass(): Promise<boolean> {
    const { clock, gate, storeVisibleMs } = this.#kit
    const beganAtMs = clock.now()
    const at = await changeLogTime(gate.db)
    const ids = this.#handled.others(await this.#find(await provenReads(this.#store, this.#kit)))
    const again: string[] = []
    for (const some of inBatches(ids, this.#write.idsAtOnce)) {
      // A row of a write that came since may be gone from the change log by then.
      if (clock.now() - beganAtMs >= storeVisibleMs) again.push(...some)
      else if (!(await this.#send(some, { at, leftOut: (newer) => again.push(...newer) }))) return true
      if (this.#outcome.fault !== undefined) return false
    }
    for (const some of inBatches(again, this.#write.idsAtOnce)) {
      if (!(await this.#send(some))) return true
      if (this.#outcome.fault !== undefined) return false
    }
    return false
  }

  /** @param since undefined: they are inspected again once the records are held. */
  async #send(ids: readonly string[], since?: Pick<FoundIds, 'at' | 'leftOut'>): Promise<boolean> {
    const { gate, tenantId } = this.#kit
    const found = { ...this.#found, ...since }
    const isAgain = since === undefined
    const { kind, refusal } = this.#write
    const write = { ids, kind, lookMs: isAgain ? this.#lookMs() : 0, ...(refusal && { refusal }) }
    const send = isAgain ? this.#lookAgain() : this.#write.byIds()
    const sent = await sendFound(gate, tenantId, write, found, (pass) => {
      this.#handled.add(pass.ids)
      return send(pass)
    })
    if (sent === 'elsewhere') return false
    this.#outcome = also(this.#outcome, sent)
    return true
  }

  /** Writes to the records that still match. The records are held, so nothing is written to them meanwhile. */
  #lookAgain(): Send {
    return async (pass) => {
      const { clock } = this.#kit
      const beganAtMs = clock.now()
      const reads = await provenReads(this.#store, this.#kit)
      const matching = new Set(await this.#find(reads))
      // The records are this write's for so long, and for the time of one call after it.
      if (clock.now() - beganAtMs > this.#lookMs()) throw tooSlow()
      const found = pass.ids.filter((id) => matching.has(id))
      const kept = pass.ids.filter((id) => !matching.has(id))
      const left = { ids: kept, ...(reads.lsn !== undefined && { lsn: reads.lsn }) }
      return found.length === 0 ? { left } : { ...(await this.#write.byIds()({ ...pass, ids: found })), left }
    }
  }

  #lookMs(): number {
    return this.#kit.storeVisibleMs + lookMs
  }

  async #find({ read }: ProvenReads): Promise<readonly string[]> {
    const ids: string[] = []
    const pages = pagesOf((from) =>
      read(() => indexMustBeThere(this.#store.fetchByFilter({ filter: this.#filter, ...from }))),
    )
    for await (const { records } of pages) for (const { id } of records) ids.push(id)
    return ids
  }
}

function tooSlow(): AppError {
  return new AppError('store_busy', 'The vector store takes too long to find the matches. Try again.', {
    retryAfterS: 2,
  })
}

function inBatches(ids: readonly string[], size: number): readonly (readonly string[])[] {
  const distinct = [...new Set(ids)]
  return Array.from({ length: Math.ceil(distinct.length / size) }, (_, at) =>
    distinct.slice(at * size, (at + 1) * size),
  )
}
