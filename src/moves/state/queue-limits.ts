/** Limits of working moves; the others are queued, oldest first. */
export interface MoveLimits {
  /** Moves that read from or write to one index: its neighbours share the vendor's rates. */
  readonly perIndex: number
  readonly perProject: number
}

export const moveLimits: MoveLimits = { perIndex: 1, perProject: 2 }

/** Concurrent moves of one replica, apart from those that soak. */
export const moverSlots = 2
