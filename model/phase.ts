// The phases of docs/moves.md section 3 as a number: what kind, and which place is active (reads go there).
// ARM is TRACK before the copy may start (`armed`); SOAK is TRACK with Y active.
import type { Place } from './state.ts'

export const kind = { steady: 0, track: 1, fence: 2, flip: 3 } as const
type Kind = (typeof kind)[keyof typeof kind]

export const startPhase = phaseOf(kind.steady, 0)

export function phaseOf(phaseKind: Kind, active: number): number {
  return phaseKind * 2 + active
}

export function kindOf(phase: number): number {
  return phase >> 1
}

export function activeIn(phase: number): Place {
  return (phase & 1) as Place
}

export function otherThan(place: number): Place {
  return (1 - place) as Place
}

export function placeName(place: number): string {
  return place === 0 ? 'X' : 'Y'
}

export function phaseName(phase: number): string {
  return `${['STEADY', 'TRACK', 'FENCE', 'FLIP'][kindOf(phase)]}(${placeName(activeIn(phase))})`
}
