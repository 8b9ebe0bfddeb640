/** Bytes held at once, for all callers together and for one of them. */
export interface ByteLimits {
  readonly all: number
  readonly ofOwner: number
}

/** One caller's share of a budget. Only `ByteBudget` changes it. */
export interface ByteAccount {
  bytes: number
}

/** Memory that one replica reserves for request bodies or answers in transit. No caller can take all of it. */
export class ByteBudget {
  readonly #limits: ByteLimits
  #held = 0

  constructor(limits: ByteLimits) {
    this.#limits = limits
  }

  /** @returns undefined when reserved, else whose limit is exceeded. */
  take(account: ByteAccount, bytes: number): 'all' | 'owner' | undefined {
    if (account.bytes + bytes > this.#limits.ofOwner) return 'owner'
    if (this.#held + bytes > this.#limits.all) return 'all'
    account.bytes += bytes
    this.#held += bytes
    return undefined
  }

  giveBack(account: ByteAccount, bytes: number): void {
    account.bytes -= bytes
    this.#held -= bytes
  }

  get held(): number {
    return this.#held
  }
}
