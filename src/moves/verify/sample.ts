import { hash } from 'node:crypto'

const sampleSize = 100

/** A hundred ids of many, drawn by the hash of each: the same ones, whoever draws and in whichever order. */
export class Sample {
  readonly #drawn: { readonly id: string; readonly lot: string }[]

  constructor(drawn: readonly string[]) {
    this.#drawn = drawn.map(withLot)
  }

  get ids(): readonly string[] {
    return this.#drawn.map(({ id }) => id)
  }

  offer(id: string): void {
    const one = withLot(id)
    const last = this.#drawn.at(-1)
    if (this.#drawn.length >= sampleSize && last !== undefined && last.lot <= one.lot) return
    const at = this.#drawn.findIndex(({ lot }) => lot > one.lot)
    this.#drawn.splice(at < 0 ? this.#drawn.length : at, 0, one)
    if (this.#drawn.length > sampleSize) this.#drawn.pop()
  }
}

function withLot(id: string) {
  return { id, lot: hash('sha256', id, 'base64url') }
}
