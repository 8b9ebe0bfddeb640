import { type Clock, systemClock } from '../../../clock.ts'
import type { Tx } from '../../../db/connect.ts'
import { reportOwnWrites } from '../../../registry/watch/place-watch.ts'
import { within } from '../../../within.ts'

interface OwnWrite {
  lsn: number | undefined
  isUnsure: boolean
}

const flushAtEndMs = 2_000

/**
 * This replica's writes to adopted places: their highest sequence numbers, reported to the registry every second, so that
 * the watch can tell them from those of others.
 */
export class OwnWrites implements AsyncDisposable {
  readonly #db: Tx
  readonly #onError: (error: unknown) => void
  readonly #timer: ReturnType<Clock['every']>
  #writes = new Map<number, OwnWrite>()

  constructor(db: Tx, { everyMs = 1_000, onError }: { everyMs?: number; onError: (error: unknown) => void }) {
    this.#db = db
    this.#onError = onError
    this.#timer = systemClock.every(everyMs, () => void this.#report().catch(this.#onError))
  }

  /** @param lsn of a write that was answered; undefined: it may have landed, and its number is not known. */
  note(placeId: number, lsn: number | undefined): void {
    const known = this.#writes.get(placeId) ?? { lsn: undefined, isUnsure: false }
    if (lsn === undefined) known.isUnsure = true
    else known.lsn = Math.max(lsn, known.lsn ?? lsn)
    this.#writes.set(placeId, known)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer.stop()
    await within(flushAtEndMs, this.#report().catch(this.#onError))
  }

  async #report(): Promise<void> {
    if (this.#writes.size === 0) return
    const writes = this.#writes
    this.#writes = new Map()
    try {
      await reportOwnWrites(this.#db, writes)
    } catch (error) {
      for (const [placeId, { lsn, isUnsure }] of writes) {
        if (lsn !== undefined) this.note(placeId, lsn)
        if (isUnsure) this.note(placeId, undefined)
      }
      throw error
    }
  }
}
