/** How many moves may work at once; the others are queued, the oldest first. */
export interface MoveLimits {
  /** That read from or write to one index: its neighbours share the vendor's rates. */
  readonly perIndex: number
  readonly perProject: number
}

export const moveLimits: MoveLimits = { perIndex: 1, perProject: 2 }

/** Moves that one replica carries on at once; those that soak apart. */
export const moverSlots = 2
