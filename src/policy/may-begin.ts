import type { AutomaticMoves } from './policy.ts'
import { isOpen } from './window.ts'

/** How many automatic moves may begin now, of those advised long enough. */
export function movesThatMayBegin(
  { window, movesPerDay }: AutomaticMoves,
  now: { readonly epochMs: number; readonly begunInLastDay: number; readonly silosLeft: number },
): number {
  if (window !== undefined && !isOpen(window, now.epochMs)) return 0
  return Math.max(0, Math.min(movesPerDay - now.begunInLastDay, now.silosLeft))
}
