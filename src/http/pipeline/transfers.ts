import { type Clock, systemClock } from '../../clock.ts'
import { AppError } from '../../errors.ts'
import { ByteBudget, type ByteLimits } from '../../limits/byte-budget.ts'

export interface TransferLimits {
  readonly bytes: ByteLimits
  /** Transfers of one caller under way at once. */
  readonly atOnce: number
  /** The time that every transfer has, however small it is. */
  readonly graceMs: number
  /** The slowest pace beyond it, in bytes a second. */
  readonly minRate: number
}

const mib = 1024 * 1024

/** A tenant's share holds two of the largest uploads, and all that a tenant may have running and waiting. */
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

/**
 * Bodies that come in, or answers that go out, of one replica. Each caller has a share of the memory and of the
 * transfers, and each transfer has to keep a minimum pace: who sends or reads too slowly is cut off.
 */
export class Transfers implements Disposable {
  readonly #limits: TransferLimits
  readonly #clock: Clock
  readonly #budget: ByteBudget
  readonly #paced = new Set<Transfer>()
  readonly #underWay = new Map<string, number>()
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
    const count = (this.#underWay.get(owner) ?? 0) + 1
    if (count > this.#limits.atOnce) throw tooMuch('owner')
    this.#underWay.set(owner, count)
    const transfer = new Transfer(this.#budget, owner, this.#clock.now(), cut, (ended) => this.#end(ended))
    this.#paced.add(transfer)
    return transfer
  }

  /** Cuts off what is behind the minimum pace. */
  cutSlow(): void {
    const nowMs = this.#clock.now()
    const { graceMs, minRate } = this.#limits
    for (const transfer of this.#paced) {
      if (nowMs - transfer.startedMs > graceMs + (transfer.bytes / minRate) * 1000) transfer.cut()
    }
  }

  /** Bytes that are held now, and transfers that are under way. */
  get held(): { readonly bytes: number; readonly underWay: number } {
    return { bytes: this.#budget.held, underWay: this.#paced.size }
  }

  [Symbol.dispose](): void {
    this.#timer.stop()
  }

  #end(transfer: Transfer): void {
    if (!this.#paced.delete(transfer)) return
    const count = (this.#underWay.get(transfer.owner) ?? 0) - 1
    if (count > 0) this.#underWay.set(transfer.owner, count)
    else this.#underWay.delete(transfer.owner)
  }
}

/** One body or answer on its way, and the memory that it holds. */
export class Transfer {
  readonly owner: string
  readonly startedMs: number
  readonly #budget: ByteBudget
  readonly #cut: () => void
  readonly #onEnd: (transfer: Transfer) => void
  #bytes = 0
  #isCut = false

  constructor(
    budget: ByteBudget,
    owner: string,
    startedMs: number,
    cut: () => void,
    onEnd: (transfer: Transfer) => void,
  ) {
    this.#budget = budget
    this.owner = owner
    this.startedMs = startedMs
    this.#cut = cut
    this.#onEnd = onEnd
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @throws AppError `quota_exceeded` past the caller's share, `service_busy` past that of all. */
  take(bytes: number): void {
    const refused = this.#budget.take(this.owner, bytes)
    if (refused !== undefined) throw tooMuch(refused)
    this.#bytes += bytes
  }

  cut(): void {
    if (this.#isCut) return
    this.#isCut = true
    this.#cut()
  }

  /** All of it has come or gone: the pace is kept no longer, the memory still is. */
  arrived(): void {
    this.#onEnd(this)
  }

  /** The memory is free again. More than one call does no harm. */
  release(): void {
    this.#onEnd(this)
    this.#budget.giveBack(this.owner, this.#bytes)
    this.#bytes = 0
  }
}

function tooMuch(whose: 'all' | 'owner'): AppError {
  if (whose === 'all') {
    return new AppError('service_busy', 'Too many bytes of requests and answers are on their way; try again shortly.')
  }
  const words = 'Too many bytes of your requests or answers are on their way; wait for some of them to end.'
  return new AppError('quota_exceeded', words, { policies: ['concurrent-requests'], retryAfterS: 1 })
}
