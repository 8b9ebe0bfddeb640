/** Bytes that may be held at once, by all callers together and by one of them. */
export interface ByteLimits {
  readonly all: number
  readonly ofOwner: number
}

/** Memory that one replica lends to bodies or answers on their way. One caller can't take all of it. */
export class ByteBudget {
  readonly #limits: ByteLimits
  readonly #byOwner = new Map<string, number>()
  #held = 0

  constructor(limits: ByteLimits) {
    this.#limits = limits
  }

  /** @returns undefined when they are lent, else whose limit refuses them. */
  take(owner: string, bytes: number): 'all' | 'owner' | undefined {
    const own = (this.#byOwner.get(owner) ?? 0) + bytes
    if (own > this.#limits.ofOwner) return 'owner'
    if (this.#held + bytes > this.#limits.all) return 'all'
    this.#byOwner.set(owner, own)
    this.#held += bytes
    return undefined
  }

  giveBack(owner: string, bytes: number): void {
    const own = (this.#byOwner.get(owner) ?? 0) - bytes
    if (own > 0) this.#byOwner.set(owner, own)
    else this.#byOwner.delete(owner)
    this.#held -= bytes
  }

  get held(): number {
    return this.#held
  }
}
