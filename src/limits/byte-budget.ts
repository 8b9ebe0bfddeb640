/** Bytes that may be held at once, by all callers together and by one of them. */
export interface ByteLimits {
  readonly all: number
  readonly ofOwner: number
}

/** What one caller holds of a budget. Changed by `ByteBudget` alone. */
export interface ByteAccount {
  bytes: number
}

/** Memory that one replica lends to bodies or answers on their way. One caller can't take all of it. */
export class ByteBudget {
  readonly #limits: ByteLimits
  #held = 0

  constructor(limits: ByteLimits) {
    this.#limits = limits
  }

  /** @returns undefined when they are lent, else whose limit refuses them. */
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
