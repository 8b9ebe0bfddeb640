// How much of the world a run covers: everything within these bounds is explored, nothing beyond.

export interface Size {
  readonly replicas: 1 | 2
  /** Client writes (each a put or a delete) and reads, all replicas together. */
  readonly writes: number
  readonly reads: number
  /** Times that a live replica dies or loses its lease. */
  readonly crashes: number
  /** Tries of a write that get no answer. */
  readonly giveUps: number
  /** Times that the mover dies, or loses its move to the next one, with a store call under way. */
  readonly moverFaults: number
  /** Routing changes after which the mover begins nothing new. */
  readonly epochs: number
  /** Indexes show writes late. */
  readonly lag: boolean
  /** SOAK may go back to X. */
  readonly rollback: boolean
  /** The move may be cancelled while X is active, also after it went back there. */
  readonly cancel: boolean
  /** A FLIP may be undone; replicas then renew in separate steps for `seen` and `applied`. */
  readonly undo: boolean
  /** A try without an answer may be followed by another of the same write. */
  readonly retries: boolean
  /** The place that the move leaves is purged. */
  readonly purge: boolean
}

/** The largest counts that a state can store. */
export const maxBudgets = {
  replicas: 2,
  writes: 3,
  reads: 3,
  crashes: 3,
  giveUps: 3,
  moverFaults: 3,
  epochs: 250,
} as const

export const smallest: Size = {
  replicas: 2,
  writes: 1,
  reads: 0,
  crashes: 0,
  giveUps: 0,
  moverFaults: 0,
  epochs: 5,
  lag: false,
  rollback: false,
  cancel: false,
  undo: false,
  retries: false,
  purge: false,
}

/** One line with only the differences from the smallest size. */
export function describeSize(size: Size): string {
  const parts = Object.entries(size).filter(([, value]) => value !== false && value !== 0)
  return parts.map(([name, value]) => (value === true ? name : `${name} ${value}`)).join(', ')
}
