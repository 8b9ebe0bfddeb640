import type { AnyRoute } from '../route.ts'
import { type MoveRouteDeps, moveRoutes } from './moves.ts'

export type AdminRouteDeps = MoveRouteDeps

/** What staff and their scripts call; section 3 of docs/contract.md. */
export function adminRoutes(deps: AdminRouteDeps): readonly AnyRoute[] {
  return [...moveRoutes(deps)]
}
