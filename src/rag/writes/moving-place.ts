import { AppError } from '../../errors.ts'
import type { Placement } from '../../placement/placement.ts'
import type { WriteKit } from './write-kit.ts'

export interface MovingPlace {
  readonly active: Placement
  readonly moveId: string
}

const pollMs = 50

/**
 * The place of a moving tenant, once every replica keeps the change log. Before that (ARM) a write could come between a
 * look and a delete unnoticed.
 *
 * @returns undefined when the tenant no longer moves.
 * @throws AppError `writes_held` when that takes too long, and the faults of `TenantRoutes.find`.
 */
export async function movingPlace(kit: WriteKit): Promise<MovingPlace | undefined> {
  const { clock, gate, tenantId } = kit
  const untilMs = clock.now() + gate.settings.busyWaitMs
  for (;;) {
    const { routing } = await gate.routes.find(tenantId)
    if (routing.phase === 'steady') return undefined
    if (routing.phase !== 'arm') return routing
    if (clock.now() >= untilMs) {
      throw new AppError('writes_held', 'A move of this tenant is just beginning. Try again.', { retryAfterS: 1 })
    }
    await clock.sleep(pollMs)
  }
}
