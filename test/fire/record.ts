import type { VectorRecord } from '../../src/stores/store.ts'

/** A record as its app wrote it: its n-th version, and a flag that only partial updates set; undefined: it is not there. */
export type State = { readonly version: number; readonly flag?: string } | undefined

export type RecordOf = (id: string, state: NonNullable<State>) => VectorRecord

/** A record whose every part tells its version, so that no mixture of two passes. */
export function recordOf(id: string, state: NonNullable<State>): VectorRecord {
  const { version } = state
  return { id, values: [1, version, (version * 31) % 1009, id.length], metadata: { ...state, of: id } }
}

/** The states that records may be in, whether or not their last writes are known; the likeliest first. */
export class Records {
  readonly allowed = new Map<string, readonly State[]>()

  of(id: string): readonly State[] {
    return this.allowed.get(id) ?? [undefined]
  }

  /** A call that changes a record: it was done, or nobody knows. */
  change(id: string, to: (before: State) => State, isKnown: boolean): void {
    const before = this.of(id)
    const after = before.map(to)
    this.allowed.set(id, isKnown ? after : [...before, ...after])
  }

  /** Ids that have, or may have, a flag. */
  flagged(flag: string): readonly string[] {
    return [...this.allowed].filter(([, states]) => states.some((one) => one?.flag === flag)).map(([id]) => id)
  }
}
