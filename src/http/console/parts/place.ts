import type { MoveView } from '../../../moves/show-move.ts'
import type { TenantView } from '../../../tenants/tenant-view.ts'
import type { StaffApi } from '../kit/staff-api.ts'
import { dayText } from './bits.ts'
import { moveWords, type Stated } from './words.ts'

/** Open moves by tenant, as far as one page of them goes. */
export type OpenMoves = ReadonlyMap<string, MoveView>

export async function readOpenMoves(api: StaffApi): Promise<OpenMoves> {
  const { items } = await api.ask<{ readonly items: readonly MoveView[] }>('GET /moves', {
    query: { open: 'true', limit: '100' },
  })
  return new Map(items.map((move) => [move.tenantId, move]))
}

/** Where a tenant lives, in plain words: shared, dedicated, or on its way. */
export function placeStated(tenant: TenantView, move: MoveView | undefined): Stated {
  if (move !== undefined) return movingStated(move)
  if (tenant.move !== null) return moveWords[tenant.move.state]
  if (tenant.placement === null) return { words: 'No place', tone: 'quiet' }
  return { words: tenant.placement.kind === 'silo' ? 'Dedicated' : 'Shared', tone: 'quiet' }
}

function movingStated(move: MoveView): Stated {
  if (move.state === 'soaking' && move.retainUntil !== null) {
    return { words: `Moved, can be undone until ${dayText(move.retainUntil)}`, tone: 'good' }
  }
  const { words, tone } = moveWords[move.state]
  const isOnItsWay = move.state === 'copying' || move.state === 'verifying'
  return isOnItsWay ? { words: `Moving, ${move.progress.percent} %`, tone } : { words, tone }
}
