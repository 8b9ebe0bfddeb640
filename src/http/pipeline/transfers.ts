import { type Clock, systemClock } from '../../clock.ts'
import { AppError } from '../../errors.ts'
import { type ByteAccount, ByteBudget, type ByteLimits } from '../../limits/byte-budget.ts'

export interface TransferLimits {
  readonly bytes: ByteLimits
  /** Concurrent transfers of one caller. */
  readonly atOnce: number
  /** Time that every transfer gets, however small it is. */
  readonly graceMs: number
  /** The minimum pace beyond it, in bytes a second. */
  readonly minRate: number
}

const mib = 1024 * 1024

/** A tenant's share covers two of the largest uploads, and all that a tenant may have running and waiting. */
export const bodyLimits: TransferLimits = {
  bytes: { all: 384 * mib, ofOwner: 96 * mib },
  atOnce: 2048,
  graceMs: 10_000,
  minRate: 16_384,
}
export const answerLimits: TransferLimits = {
  bytes: { all: 384 * mib, ofOwner: 96 * mib },
  atOnce: 2048,
  graceMs: 10_000,
  minRate: 65_536,
}

const lookEveryMs = 1000

/** One caller's transfers. It is looked up once per transfer, and dropped with the last of them. */
interface Account extends ByteAccount {
  readonly owner: string
  /** Running transfers. */
  underWay: number
  /** Transfers whose memory is still held. */
  unreleased: number
}

/**
 * Incoming bodies, or outgoing answers, of one replica. Each caller has a share of the memory and of the transfers, and
 * each transfer must keep a minimum pace: slower ones are cut off.
 */
export class Transfers implements Disposable {
  readonly #limits: TransferLimits
  readonly #clock: Clock
  readonly #budget: ByteBudget
  readonly #paced = new Set<Transfer>()
  readonly #accounts = new Map<string, Account>()
  readonly #timer: ReturnType<Clock['every']>

  constructor(limits: TransferLimits, clock: Clock = systemClock) {
    this.#limits = limits
    this.#clock = clock
    this.#budget = new ByteBudget(limits.bytes)
    this.#timer = clock.every(lookEveryMs, () => this.cutSlow())
  }

  /**
   * @param cut called at most once, when the transfer is too slow.
   * @throws AppError `quota_exceeded` when the caller has too many under way.
   */
  begin(owner: string, cut: () => void): Transfer {
    const account = this.#accountOf(owner)
    if (account.underWay >= this.#limits.atOnce) throw tooMuch('owner')
    account.underWay += 1
    account.unreleased += 1
    const transfer = new Transfer(this, account, this.#clock.now(), cut)
    this.#paced.add(transfer)
    return transfer
  }

  /** Cuts transfers that are behind the minimum pace. */
  cutSlow(): void {
    const nowMs = this.#clock.now()
    const { graceMs, minRate } = this.#limits
    for (const transfer of this.#paced) {
      if (nowMs - transfer.startedMs > graceMs + (transfer.bytes / minRate) * 1000) transfer.cut()
    }
  }

  /** Held bytes and running transfers. */
  get held(): { readonly bytes: number; readonly underWay: number } {
    return { bytes: this.#budget.held, underWay: this.#paced.size }
  }

  [Symbol.dispose](): void {
    this.#timer.stop()
  }

  /** For `Transfer` alone. @throws AppError `quota_exceeded`, `service_busy` */
  take(account: Account, bytes: number): void {
    const refused = this.#budget.take(account, bytes)
    if (refused !== undefined) throw tooMuch(refused)
  }

  /** For `Transfer` alone. */
  arrived(transfer: Transfer, account: Account): void {
    if (this.#paced.delete(transfer)) account.underWay -= 1
  }

  /** For `Transfer` alone. */
  release(account: Account, bytes: number): void {
    this.#budget.giveBack(account, bytes)
    account.unreleased -= 1
    if (account.unreleased === 0) this.#accounts.delete(account.owner)
  }

  #accountOf(owner: string): Account {
    let account = this.#accounts.get(owner)
    if (account === undefined) {
      account = { owner, bytes: 0, underWay: 0, unreleased: 0 }
      this.#accounts.set(owner, account)
    }
    return account
  }
}

/** One body or answer in transit, and the memory that it holds. */
export class Transfer {
  readonly startedMs: number
  readonly #transfers: Transfers
  readonly #account: Account
  readonly #cut: () => void
  #bytes = 0
  #isCut = false
  #isReleased = false

  constructor(transfers: Transfers, account: Account, startedMs: number, cut: () => void) {
    this.#transfers = transfers
    this.#account = account
    this.startedMs = startedMs
    this.#cut = cut
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @throws AppError `quota_exceeded` above the caller's share, `service_busy` above the total. */
  take(bytes: number): void {
    if (this.#isReleased) return // what still comes of a request that was answered already is kept by nobody
    this.#transfers.take(this.#account, bytes)
    this.#bytes += bytes
  }

  cut(): void {
    if (this.#isCut) return
    this.#isCut = true
    this.#cut()
  }

  /** Ends the pace check when all bytes have passed; the memory stays held. */
  arrived(): void {
    this.#transfers.arrived(this, this.#account)
  }

  /** Frees the memory. Repeated calls are harmless. */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.arrived()
    this.#transfers.release(this.#account, this.#bytes)
  }
}

function tooMuch(whose: 'all' | 'owner'): AppError {
  if (whose === 'all') {
    return new AppError('service_busy', 'Too many bytes of requests and answers are in transit; try again shortly.')
  }
  const words = 'Too many bytes of your requests or answers are in transit; wait for some of them to end.'
  return new AppError('quota_exceeded', words, { policies: ['concurrent-requests'], retryAfterS: 1 })
}
