import type { Rows } from './invariants.ts'
import type { State } from './record-state.ts'
import { wholeState } from './record-state.ts'
import type { SimWorld } from './sim-world.ts'

type Placed = Pick<Rows['active'], 'indexName' | 'namespace' | 'generation'>

/** Damage to one of the two places of a move, behind the router's back. */
export interface Damage {
  readonly of: 'active' | 'follower'
  /** Records that are gone; undefined: the namespace is. */
  readonly ids?: readonly string[]
}

/**
 * The rule of docs/moves.md R5: a record of which only one good copy is left, since somebody damaged the other place, is
 * not destroyed by the router, and no place that lacks it becomes the one that is read. What an app writes since is the app's.
 */
export class GoodCopies {
  readonly #world: SimWorld
  readonly #kept = new Map<string, State>()
  #activeGeneration: number | undefined

  constructor(world: SimWorld) {
    this.#world = world
  }

  /** The damage is done, and shown at once. */
  inflict({ of, ids }: Damage, { active, follower }: Pick<Rows, 'active' | 'follower'>): void {
    if (follower === null) throw new Error('there is one place only')
    const [hurt, other]: readonly [Placed, Placed] = of === 'active' ? [active, follower] : [follower, active]
    const { store, history } = this.#world
    const before = new Map(store.truth(hurt))
    const gone = ids ?? [...before.keys()]
    store.damage(hurt, ids)
    history.forget(ids ?? [...before.keys(), ...this.#world.watched])
    this.#activeGeneration = active.generation
    for (const id of gone) {
      const state = wholeState(before.get(id))
      const isGood = state !== undefined && state === wholeState(store.truth(other)?.get(id))
      if (isGood && !history.isOpen(id)) this.#kept.set(id, state)
    }
  }

  /** An app writes it: from now on it is as the app says. */
  release(id: string): void {
    this.#kept.delete(id)
  }

  /** @throws naming a record that was destroyed, or is no longer read. */
  check({ active, follower }: Pick<Rows, 'active' | 'follower'>): void {
    if (this.#activeGeneration === undefined) return
    const here = this.#world.store.truth(active)
    const isSwitched = active.generation !== this.#activeGeneration
    this.#activeGeneration = active.generation
    for (const id of this.#kept.keys()) {
      const copies = this.#world.store.copies(id)
      if (copies === 0) throw new Error(`R5: the last copy of ${id}, which nobody deleted, was destroyed`)
      if (isSwitched && !here?.has(id)) {
        const lost = `g${active.generation}${follower === null ? '' : ` (from g${follower.generation})`}`
        throw new Error(`R5: it switched to ${lost}, which lacks ${id}`)
      }
    }
  }
}
