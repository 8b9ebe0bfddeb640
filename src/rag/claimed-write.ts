import { setTimeout as wait } from 'node:timers/promises'
import type { Db } from '../db/connect.ts'
import { AppError, isAppError } from '../errors.ts'
import type { Claimed, ClaimOptions, DocumentClaim } from '../registry/document-claims.ts'
import { claimEnds } from '../registry/end-document-claim.ts'
import { type PlaceWriter, storeCallMs } from './place-writer.ts'

export interface ClaimSettings {
  /** How long a store call without an answer may still land: docs/moves.md A2. */
  readonly storeInDoubtMs: number
  /** How long to wait for a live writer of the same content before taking over from it. */
  readonly sameContentWaitMs?: number
}

const renewAfterMs = 5_000
const pollMs = 50

/** A writer may die just after a call was sent that began just before the next renewal. */
export function leaseMsOf(settings: ClaimSettings): number {
  return settings.storeInDoubtMs + storeCallMs + renewAfterMs
}

/**
 * Claims a document, waiting a moment for someone who does the same thing.
 * @throws AppError `document_busy`, `not_found`
 */
export async function claimDocument(
  settings: ClaimSettings,
  tryClaim: (options: ClaimOptions) => Promise<Claimed>,
): Promise<Extract<Claimed, { kind: 'claimed' | 'unchanged' }>> {
  const patienceMs = settings.sameContentWaitMs ?? 2_000
  const startedMs = performance.now()
  for (;;) {
    const takeOver = performance.now() - startedMs >= patienceMs
    const claimed = await tryClaim({ leaseMs: leaseMsOf(settings), takeOver })
    switch (claimed.kind) {
      case 'claimed':
      case 'unchanged':
        return claimed
      case 'missing':
        throw new AppError('not_found', 'There is no such document.')
      case 'busy':
        throw documentBusy(claimed.retryAfterS)
      case 'same_under_way':
        await wait(pollMs)
    }
  }
}

export function documentBusy(retryAfterS: number): AppError {
  const words = 'Another write to this document is under way, or its fate is not known yet. Try again later.'
  return new AppError('document_busy', words, { retryAfterS })
}

/**
 * Runs the store calls of a claimed write, and ends the claim as what happened demands: put back, let go, or kept
 * until a call without an answer can no longer land.
 *
 * @param work is handed `keep`, to be called before each store call: it holds on to the claim, and stops the work if
 *   that was lost.
 */
export async function runClaimed(
  deps: { readonly db: Db; readonly settings: ClaimSettings },
  claim: DocumentClaim,
  place: PlaceWriter,
  work: (keep: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const ends = claimEnds(deps.db)
  let renewedMs = performance.now()
  const keep = async (): Promise<void> => {
    if (performance.now() - renewedMs < renewAfterMs) return
    const now = performance.now()
    if (!(await ends.renew(claim, leaseMsOf(deps.settings)))) throw documentBusy(1)
    renewedMs = now
  }
  try {
    await work(keep)
  } catch (fault) {
    const ended = place.inDoubt
      ? ends.leaveInDoubt(claim, deps.settings.storeInDoubtMs)
      : place.touched
        ? ends.release(claim)
        : ends.revert(claim)
    await ended.catch(() => undefined) // the lease runs out by itself
    throw place.touched && !isAppError(fault, 'outcome_unknown') ? doneInPart(fault) : fault
  }
}

/** Every other code promises that nothing was changed. */
export function doneInPart(cause: unknown): AppError {
  return new AppError('outcome_unknown', 'This was done in part and then failed. Send the same request again.', {
    cause,
  })
}
