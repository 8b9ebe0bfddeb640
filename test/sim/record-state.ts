import type { VectorRecord } from '../../src/stores/store.ts'

/** What a record is at one moment, as far as histories tell it; undefined: it is not there. */
export type State = string | number | undefined

/** A change that depends on what was there. */
export type Change = (state: State) => State

/** The parts of a record that apps of the simulation write, each by itself or all at once. */
interface Parts {
  /** Its second value. */
  readonly v?: number | undefined
  readonly n?: number | undefined
  /** Only partial updates set it. */
  readonly f?: number | undefined
  /** What filters ask for. */
  readonly k?: string | undefined
  /** Of a document's chunk. */
  readonly text?: string | undefined
}

type Looked = Pick<VectorRecord, 'values' | 'metadata'>

/** All that apps wrote of a record, in one line. */
export function wholeState(record: Looked | undefined): State {
  if (record === undefined) return undefined
  const { n, f, k, text } = (record.metadata ?? {}) as Parts
  return encoded({ v: record.values[1], n, f, k, text })
}

export function encoded({ v, n, f, k, text }: Parts): string {
  return JSON.stringify({ v, n, f, k, text })
}

function partsOf(state: State): Parts {
  return JSON.parse(String(state)) as Parts
}

/** What a partial update makes of a record: nothing of one that is not there. */
export function updated(change: Parts): Change {
  return (state) => (state === undefined ? undefined : encoded({ ...partsOf(state), ...change }))
}

/** What a deletion by filter makes of a record. */
export function deletedWhere(k: string): Change {
  return (state) => (state !== undefined && partsOf(state).k === k ? undefined : state)
}
