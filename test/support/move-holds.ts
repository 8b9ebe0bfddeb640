import type { MovePoint } from '../../src/moves/sync/step.ts'
import type { Overrides } from '../../src/parts/overrides.ts'

interface Hold {
  readonly reached: PromiseWithResolvers<void>
  readonly released: PromiseWithResolvers<void>
}

/** Holds moves at points of their way, so that a page shows a state for as long as a test looks at it. */
export class MoveHolds {
  readonly #holds = new Map<MovePoint, Hold>()

  /** The part of a replica's overrides that obeys it. */
  readonly overrides: Overrides = {
    atMovePoint: async (point) => {
      const hold = this.#holds.get(point)
      hold?.reached.resolve()
      await hold?.released.promise
    },
  }

  hold(point: MovePoint): { readonly reached: Promise<void>; release(): void } {
    const hold = { reached: Promise.withResolvers<void>(), released: Promise.withResolvers<void>() }
    this.#holds.set(point, hold)
    const release = () => {
      this.#holds.delete(point)
      hold.released.resolve()
    }
    return { reached: hold.reached.promise, release }
  }

  releaseAll(): void {
    for (const { released } of this.#holds.values()) released.resolve()
    this.#holds.clear()
  }
}

/** Holds the first mover that is about to compare both places: all is copied. */
export function heldBeforeComparing() {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const hook = async (point: MovePoint, { state }: { readonly state: string }) => {
    if (point !== 'sync: carried over' || state !== 'verifying') return
    reached.resolve()
    await released.promise
  }
  return { hook, reached: reached.promise, release: () => released.resolve() }
}
