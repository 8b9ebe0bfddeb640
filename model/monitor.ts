// Is the history of the record linearizable so far (I7)? The monitor follows every order of the pending calls at once:
// an order is what the record would hold, which pending writes took effect, and what each open read saw. Its states are
// few, so they are numbered, and each step from one to another is computed once.
import { absent, maxWrites } from './state.ts'

/**
 * A possible order of events. `saw`: by replica, the content that its open read returned in this order; -1 for not yet.
 */
interface Order {
  readonly holds: number
  readonly done: number
  readonly saw: readonly [number, number]
}

interface History {
  readonly orders: readonly Order[]
  /** Masks of the writes begun and not answered, of the replicas with an open read, of the writes that are deletes. */
  readonly pending: number
  readonly reading: number
  readonly deletes: number
}

const eventsPerState = 32
const unknown = -1
/** No order explains the clients' observations: an acknowledged write is lost, or a deleted record came back. */
export const impossible = 0

export class Monitor {
  readonly #histories: History[] = [{ orders: [], pending: 0, reading: 0, deletes: 0 }]
  readonly #ids = new Map<string, number>()
  /** By history: the mask of contents that a read begun now and answered at once may return. */
  readonly #mayShow: number[] = [0]
  #steps = new Int32Array(eventsPerState * 1024).fill(unknown)
  readonly start: number

  constructor() {
    this.start = this.#number(
      close({ orders: [{ holds: 0, done: 0, saw: [-1, -1] }], pending: 0, reading: 0, deletes: 0 }),
    )
  }

  beginWrite(history: number, write: number, isDelete: boolean): number {
    return this.#after(history, isDelete ? 4 + write : write, (before) => ({
      ...before,
      pending: before.pending | (1 << write),
      deletes: isDelete ? before.deletes | (1 << write) : before.deletes,
    }))
  }

  /** The client got the write's answer. A write without an answer stays pending for ever. */
  answerWrite(history: number, write: number): number {
    const bit = 1 << write
    return this.#after(history, 8 + write, (before) => ({
      ...before,
      pending: before.pending & ~bit,
      orders: before.orders.filter(({ done }) => done & bit).map((order) => ({ ...order, done: order.done & ~bit })),
    }))
  }

  beginRead(history: number, replica: 0 | 1): number {
    return this.#after(history, 12 + replica, (before) => ({ ...before, reading: before.reading | (1 << replica) }))
  }

  /** @param content the client's answer; undefined when its read was aborted. */
  endRead(history: number, replica: 0 | 1, content?: number): number {
    const event = content === undefined ? 14 : 16 + content
    return this.#after(history, event + replica * (content === undefined ? 1 : 8), (before) => ({
      ...before,
      reading: before.reading & ~(1 << replica),
      orders: before.orders
        .filter(({ saw }) => content === undefined || contentOf(before, saw[replica]) === content)
        .map((order) => ({ ...order, saw: replica === 0 ? [-1, order.saw[1]] : [order.saw[0], -1] })),
    }))
  }

  /** Whether a read that begins and ends now may return this content. */
  mayShow(history: number, content: number): boolean {
    return (((this.#mayShow[history] as number) >> content) & 1) === 1
  }

  #after(history: number, event: number, change: (before: History) => History): number {
    const slot = history * eventsPerState + event
    const known = this.#steps[slot] as number
    if (known !== unknown) return known
    const next = this.#number(close(change(this.#histories[history] as History)))
    this.#steps[slot] = next
    return next
  }

  #number(history: History): number {
    if (history.orders.length === 0) return impossible
    const key = JSON.stringify(history)
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const id = this.#histories.push(history) - 1
    if (id > 0xffff) throw new Error('the monitor has more states than two bytes can number')
    this.#ids.set(key, id)
    this.#mayShow.push(history.orders.reduce((mask, { holds }) => mask | (1 << contentOf(history, holds)), 0))
    if ((id + 1) * eventsPerState > this.#steps.length) {
      const grown = new Int32Array(this.#steps.length * 2).fill(unknown)
      grown.set(this.#steps)
      this.#steps = grown
    }
    return id
  }
}

/** All orders that follow when pending writes take effect and open reads see the record now, in any number. */
function close(history: History): History {
  const found = new Map<string, Order>()
  const add = (order: Order) => {
    const key = `${order.holds},${order.done},${order.saw}`
    if (found.has(key)) return
    found.set(key, order)
    for (let write = 1; write <= maxWrites; write++) {
      const bit = 1 << write
      if (history.pending & bit & ~order.done) add({ ...order, holds: write, done: order.done | bit })
    }
    const [first, second] = order.saw
    if (history.reading & 1 && first === -1) add({ ...order, saw: [order.holds, second] })
    if (history.reading & 2 && second === -1) add({ ...order, saw: [first, order.holds] })
  }
  history.orders.forEach(add)
  const keys = [...found.keys()].sort()
  return { ...history, orders: keys.map((key) => found.get(key) as Order) }
}

function contentOf({ deletes }: History, value: number): number {
  return (deletes >> value) & 1 ? absent : value
}
