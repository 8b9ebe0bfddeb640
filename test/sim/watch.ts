import type { LastMove, Rows } from './invariants.ts'
import type { Said } from './sim-sql.ts'
import type { SimWorld } from './sim-world.ts'

const changesMove = /^\s*(with held|(update|insert into|delete from)[\s"]+(moves|dirty|routing)\b)/

/** The invariants of docs/moves.md section 4 that need a memory: I2, I8 and I9. */
export class Watch {
  readonly #world: SimWorld
  /** The last number of each record of each move. */
  readonly #seqs = new Map<string, number>()
  #last: LastMove | null = null
  #phase: Rows['phase'] = 'steady'
  #passedTick = 0
  /** The last holder of a move, with its token. */
  #holder: { readonly actor: string; readonly id: string; readonly token: number } | undefined

  constructor(world: SimWorld) {
    this.#world = world
  }

  /** A mover has asked for a move: it has it if the token has risen. */
  async noteClaim(actor: string): Promise<void> {
    const [move] = await this.#world.rows<{ id: string; token: number }>(
      'select id, mover_token::int as token from moves order by created_at desc limit 1',
    )
    if (move === undefined || (move.id === this.#holder?.id && move.token === this.#holder.token)) return
    this.#holder = { actor, ...move }
  }

  /** Checks after a transaction that changed something. @throws naming the violated invariant. */
  check(actor: string, rows: Rows, said: readonly Said[]): void {
    this.#checkToken(actor, rows, said)
    this.#checkBarrier(rows)
    this.#checkIntents(rows)
    this.#last = rows.last
    this.#phase = rows.phase
  }

  #checkToken(actor: string, { phase, last }: Rows, said: readonly Said[]): void {
    if (!actor.endsWith('.mover') || last === null) return
    // What is purged is dead: anyone may do it, and only the state of the place decides.
    if (!said.some(([query]) => changesMove.test(query))) return
    // The last word on a move that has ended is none on the next one.
    const [, params] = said.find(([query]) => /from "moves" .*for update/.test(query)) ?? []
    if (params !== undefined && params[0] !== last.id) return
    // Any replica may open a fence that is over.
    if (this.#phase === 'fence' && phase !== 'fence' && phase !== 'flip') return
    const held = this.#holder
    if (held?.actor === actor && held.id === last.id && held.token === last.token) return
    throw new Error(`I9: ${actor} changed the move, which ${held?.actor ?? 'nobody'} has (${last.state})`)
  }

  #checkBarrier({ last, applied }: Rows): void {
    const before = this.#last
    if (last?.state === 'arming' && last.hasBarrier) this.#pass(last.barrierTick)
    if (before?.state === 'switching' && last?.state === 'soaking') this.#pass(before.barrierTick)
    if (applied !== null && applied < this.#passedTick)
      throw new Error(`I2: a session works by tick ${applied}, and the barrier of tick ${this.#passedTick} has passed`)
  }

  #pass(tick: number | null): void {
    this.#passedTick = Math.max(this.#passedTick, tick ?? 0)
  }

  #checkIntents({ phase, active, dirty, last }: Rows): void {
    for (const { id, seq, state } of dirty ?? []) {
      const key = `${last?.id} ${id}`
      const before = this.#seqs.get(key) ?? 0
      this.#seqs.set(key, seq)
      if (seq < before) throw new Error(`I8: the number of ${id} fell from ${before} to ${seq}`)
      // In ARM a write without an intent may still be on its way.
      if (seq === before || state !== 'inflight' || phase === 'arm') continue
      const older = this.#world.schedule.pending.find((label) => isOnItsWay(label, active.generation, id))
      if (older !== undefined) throw new Error(`I8: ${id} has a new intent, and an older try may land: ${older}`)
    }
  }
}

function isOnItsWay(label: string, generation: number, id: string): boolean {
  const [, actor = '', g, ids = ''] = /^network: ([\w.]+): \w+ g(\d+) (.*): \w+$/.exec(label) ?? []
  return actor !== '' && !actor.endsWith('.mover') && Number(g) === generation && ids.split(',').includes(id)
}
