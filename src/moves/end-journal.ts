import { setTimeout } from 'node:timers/promises'
import type { Tx } from '../db/connect.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { changeRouting } from '../registry/change-routing.ts'
import { readTail } from './tail.ts'

/** A journaled write is under way, or may still land: nobody would wait for it once the journal has ended. */
export class JournalBusy extends Error {
  override readonly name = 'JournalBusy'
}

/**
 * Makes a tenant STEADY where it is. From then on a record is written without looking whether an older write of it is
 * under way, so this happens only when none is: new intents wait for this transaction, the ones under way are waited for.
 *
 * @param patienceMs how long new intents may be kept waiting for those under way to be settled.
 * @returns undefined when the routing was no longer as expected.
 * @throws JournalBusy, which undoes the transaction: try again.
 */
export async function endJournal(
  tx: Tx,
  move: { readonly id: string; readonly tenantId: TenantId },
  epoch: number,
  patienceMs = 500,
): Promise<{ readonly tick: number } | undefined> {
  const steady = { phase: 'steady', followerPlaceId: null, moveId: null } as const
  const changed = await changeRouting(tx, move.tenantId, epoch, steady)
  if (changed === undefined) return undefined
  for (const startedAtMs = performance.now(); ; ) {
    const { inflight, inDoubt } = await readTail(tx, move.id)
    if (inflight + inDoubt === 0) return changed
    if (inDoubt > 0 || performance.now() - startedAtMs > patienceMs) throw new JournalBusy('writes are under way')
    await setTimeout(10)
  }
}
