import { createHash } from 'node:crypto'
import { AppError } from '../../errors.ts'

/**
 * The records that one verb has already written by id. It writes none of them a second time: what it finds there later
 * was written by somebody who may have seen the verb's first write (docs/moves.md R2). It keeps 8 bytes of a digest for
 * each id, since a tenant may hold millions.
 */
export class HandledIds {
  #slots = new BigUint64Array(1024)
  #count = 0

  get isEmpty(): boolean {
    return this.#count === 0
  }

  add(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#count * 2 >= this.#slots.length) this.#grow()
      this.#put(digest(id))
    }
  }

  /** Those of the ids that were not written yet. */
  others(ids: readonly string[]): readonly string[] {
    return this.#count === 0 ? ids : ids.filter((id) => this.#slots[this.#slotOf(digest(id))] === 0n)
  }

  #put(one: bigint): void {
    const slot = this.#slotOf(one)
    if (this.#slots[slot] === 0n) this.#count += 1
    this.#slots[slot] = one
  }

  /** The slot that holds the digest, or the free one where it belongs. */
  #slotOf(one: bigint): number {
    const size = this.#slots.length
    let slot = Number(one % BigInt(size))
    while (this.#slots[slot] !== 0n && this.#slots[slot] !== one) slot = (slot + 1) % size
    return slot
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new BigUint64Array(old.length * 2)
    this.#count = 0
    for (const one of old) if (one !== 0n) this.#put(one)
  }
}

function digest(id: string): bigint {
  return createHash('sha256').update(id).digest().readBigUInt64LE() || 1n
}

/**
 * The fault of a verb that has written by id when the tenant's move ends: the store's own operation would reach the
 * same records again. A new request is a new verb.
 */
export function moveEnded(): AppError {
  return new AppError('store_busy', 'A move of this tenant ended meanwhile. Send the same request again.', {
    retryAfterS: 1,
  })
}
