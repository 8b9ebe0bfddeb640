import type { Draw } from './draw.ts'
import type { Put, SimApp } from './sim-app.ts'

/** Records that are written again and again; `new` is not there in the beginning. */
const ids = ['r1', 'r2', 'r3', 'new']
const documents = ['d1', 'd2']

/** Every record that requests may write, but for those of a world's beginning. */
export const alsoWatched = ['new', ...documents.flatMap((id) => [0, 1, 2].map((chunk) => `${id}#${chunk}`))]

const mixed = {
  read: 22,
  'truly read': 8,
  put: 24,
  update: 14,
  delete: 10,
  'delete by filter': 7,
  'update by filter': 5,
  'delete all': 2,
  'put document': 9,
  'delete document': 4,
}

/** Main subjects of histories. */
const themes: readonly (typeof mixed)[] = [
  mixed,
  mixed,
  { ...mixed, read: 40, put: 60, update: 20, 'put document': 0, 'delete document': 0 },
  { ...mixed, put: 30, update: 60, 'put document': 0 },
  { ...mixed, put: 40, update: 20, 'delete by filter': 30 },
  { ...mixed, put: 40, update: 20, 'update by filter': 30 },
  { ...mixed, put: 40, 'delete all': 25, 'put document': 20 },
]

/** While moves go to another model: documents, which it can embed, and what needs no vector. */
const ofTexts: typeof mixed = { ...mixed, put: 0, 'put document': 40, 'delete document': 15 }

/** Draws the apps' requests: about few records and, in some histories, with few values, so that values recur. */
export class Requests {
  readonly #draw: Draw
  readonly #weights: typeof mixed
  readonly #ids: readonly string[]
  readonly #values: number
  readonly #transforms: boolean
  #last = 0

  /** @param transforms whether the world's moves go to another model. */
  constructor(draw: Draw, transforms = false) {
    this.#draw = draw
    this.#transforms = transforms
    this.#weights = transforms ? ofTexts : draw.oneOf(themes)
    this.#ids = ids.slice(draw.oneOf([0, 0, 2, 3]))
    this.#values = draw.oneOf([2, 3, 1_000_000])
  }

  /** Begins one; what it was told is in the history. @returns its name. */
  begin(app: SimApp, readTruly: (id: string) => Promise<unknown>): string {
    const name = this.#draw.weighed(this.#weights)
    const id = this.#draw.oneOf(this.#ids)
    const work = {
      read: () => app.read(this.#draw.chance(0.5) ? [id] : [...ids, ...alsoWatched.slice(1)]),
      'truly read': () => readTruly(id),
      put: () => app.put(id, this.#put()),
      update: () =>
        app.update(id, this.#transforms || this.#draw.chance(0.7) ? { f: this.#value() } : { v: this.#value() }),
      delete: () => app.delete(id),
      'delete by filter': () => app.deleteWhere(this.#draw.oneOf(['x', 'y'])),
      'update by filter': () => app.updateWhere(this.#draw.oneOf(['x', 'y']), this.#value()),
      'delete all': () => app.deleteAll(),
      'put document': () => app.putDocument(this.#draw.oneOf(documents), this.#put(), 1 + this.#draw.below(3)),
      'delete document': () => app.deleteDocument(this.#draw.oneOf(documents)),
    }[name]
    work().catch(() => undefined)
    return name
  }

  #put(): Put {
    return { n: this.#value(), k: this.#draw.oneOf(['x', 'y']) }
  }

  #value(): number {
    this.#last += 1
    return this.#last % this.#values
  }
}
