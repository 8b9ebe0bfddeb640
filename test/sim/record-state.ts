import type { VectorRecord } from '../../src/stores/store.ts'

/** A record's state at one moment, as histories compare it; undefined: it is missing. */
export type State = string | number | undefined

/** A change that depends on what was there. */
export type Change = (state: State) => State

/** The parts of a record that apps of the simulation write, each by itself or all at once. */
interface Parts {
  /** The second value of the vector. */
  readonly v?: number | undefined
  readonly n?: number | undefined
  /** Set only by partial updates. */
  readonly f?: number | undefined
  /** The field that filters match. */
  readonly k?: string | undefined
  /** Text of a document's chunk. */
  readonly text?: string | undefined
}

type Looked = Pick<VectorRecord, 'values' | 'metadata'>

/** All that apps wrote of a record, in one line. */
export function wholeState(record: Looked | undefined): State {
  if (record === undefined) return undefined
  const { n, f, k, text } = (record.metadata ?? {}) as Parts
  // What the model of another dimension made stands at the first place.
  return encoded({ v: record.values[record.values.length === 3 ? 0 : 1], n, f, k, text })
}

export function encoded({ v, n, f, k, text }: Parts): string {
  return JSON.stringify({ v, n, f, k, text })
}

function partsOf(state: State): Parts {
  return JSON.parse(String(state)) as Parts
}

/** The effect of a partial update; a missing record stays missing. */
export function updated(change: Parts): Change {
  return (state) => (state === undefined ? undefined : encoded({ ...partsOf(state), ...change }))
}

/** The effect of a partial update by filter. */
export function updatedWhere(k: string, change: Parts): Change {
  return (state) => (state !== undefined && partsOf(state).k === k ? updated(change)(state) : state)
}

/** The effect of a deletion by filter. */
export function deletedWhere(k: string): Change {
  return (state) => (state !== undefined && partsOf(state).k === k ? undefined : state)
}
