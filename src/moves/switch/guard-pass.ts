import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { countUnchangedChunks } from '../../registry/documents/inventory.ts'
import { countListed } from '../losses/count-places.ts'
import { isTooFew, type PassFindings, whyNoRepair } from '../losses/loss-rules.ts'
import { NeedsPerson } from '../state/stop-reason.ts'
import type { StepContext } from '../sync/step.ts'
import type { SyncParts } from '../sync/sync-parts.ts'
import type { PlaceComparison } from '../verify/comparison.ts'
import { stopIf } from './guard-loss.ts'

/** The start time of a pass, by Postgres's clock. */
export async function passBegins({ db }: StepContext): Promise<string> {
  const [now] = await db.execute<{ at: string }>(sql`select clock_timestamp()::text as at`)
  return now?.at ?? ''
}

/**
 * Compares the findings of a pass over all records with the inventory and with what the move itself has seen, before
 * any repair or cutover. A source that shows too few is listed once more after `STORE_VISIBLE_S`.
 *
 * @param different records that differ and that nobody wrote since the move began.
 * @throws NeedsPerson when the source has lost records, or the copy cannot be trusted.
 */
export async function guardPass(
  context: StepContext,
  parts: SyncParts,
  found: PlaceComparison,
  different: { readonly toPut: number; readonly toDelete: number },
  begunAt: string,
): Promise<void> {
  const { db, move, settings, clock, signal } = context
  const everSeen = Math.max(move.total ?? 0, move.copied)
  const seenRecords = everSeen - (await countDeleted(db, move.id, everSeen - found.sourceRecords))
  const inventoryRecords = await countUnchangedChunks(db, move.tenantId, begunAt)
  let findings: PassFindings = { ...found, ...different, seenRecords, inventoryRecords }
  if (isTooFew(findings)) {
    await clock.sleep(settings.storeVisibleMs, signal)
    const again = await countListed(parts.active, signal)
    if (again === undefined) throw new NeedsPerson({ words: "The source's namespace is gone.", records: seenRecords })
    findings = { ...findings, sourceRecords: Math.max(again, found.sourceRecords) }
  }
  stopIf(whyNoRepair(findings, move.acceptedLoss))
}

/** Deleted records by the log: counted up to the number missing, and not at all when none is. */
async function countDeleted(db: Tx, moveId: string, missing: number): Promise<number> {
  if (missing <= 0) return 0
  const [log] = await db.execute<{ deleted: number }>(sql`
    select count(*)::int as deleted from (
      select 1 from dirty where move_id = ${moveId} and not is_put limit ${missing}) as counted`)
  return log?.deleted ?? 0
}
