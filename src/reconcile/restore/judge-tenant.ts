import type { Held, Phase } from '../../placement/phase.ts'
import type { PlaceState } from '../../registry/places.sql.ts'

/** A place of a held tenant, with what the store shows of it. */
export interface HeldPlace {
  readonly generation: number
  readonly state: PlaceState
  readonly isSeen: boolean
}

export interface HeldTenant {
  readonly was: Held['was']
  /** Undefined: it had no place yet. */
  readonly phase: Phase | undefined
  /** Whether a move was under way when the backup was taken; nobody knows how far it came. */
  readonly isMoving: boolean
  readonly places: readonly HeldPlace[]
}

/** `same`: the registry is right, and the tenant is served. */
export type Judged =
  | { readonly verdict: 'same' }
  | { readonly verdict: Exclude<Held['verdict'], 'unchecked'>; readonly generation?: number }

/**
 * Judges where a held tenant is, by the places that the store shows. A name is never used twice, so a place that was
 * given up before the backup stays dead, and one that is newer than the registry is the tenant's own.
 */
export function judgeTenant({ was, phase, isMoving, places }: HeldTenant): Judged {
  const seen = places.filter(({ isSeen, state }) => isSeen && state !== 'purged' && state !== 'retiring')
  const newer = seen.filter(({ state }) => state === 'found')
  const [only] = seen.length === 1 ? seen : []
  if (was === null || was === 'offboarded')
    return only === undefined ? { verdict: 'unclear' } : { verdict: 'new', generation: only.generation }
  // A deletion, or a first place, that was under way goes on; nobody has been served from it.
  if ((was === 'offboarding' || was === 'provisioning') && newer.length === 0) return { verdict: 'same' }
  if (seen.length === 0) return { verdict: 'erased' }
  if (only === undefined) return { verdict: 'unclear' }
  if (isMoving || (phase !== undefined && phase !== 'steady'))
    return { verdict: 'unclear', generation: only.generation }
  return only.state === 'active' ? { verdict: 'same' } : { verdict: 'moved', generation: only.generation }
}
