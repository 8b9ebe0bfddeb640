import { type Clock, systemClock } from '../../clock.ts'
import type { Db } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { Claimed, ClaimOptions, DocumentClaim } from '../../registry/documents/document-claims.ts'
import { claimEnds } from '../../registry/documents/end-document-claim.ts'
import { also, mustBeDone, untouched, type WriteOutcome } from '../../routing/write-log/write-outcome.ts'
import { storeCallMs } from '../writes/write-kit.ts'
import { idTaken } from '../writes/write-sight.ts'

export interface ClaimSettings {
  /** Time that an unanswered store call may still land: docs/moves.md A2. */
  readonly storeInDoubtMs: number
  /** Longest wait for a live writer of the same content before taking over from it. */
  readonly sameContentWaitMs?: number
}

const renewAfterMs = 5_000
const pollMs = 50

interface ClaimDeps {
  readonly settings: ClaimSettings
  readonly clock?: Clock
}

/** A writer may die just after it sent a call that began just before the next renewal. */
export function leaseMsOf(settings: ClaimSettings): number {
  return settings.storeInDoubtMs + storeCallMs + renewAfterMs
}

/**
 * Claims a document, after a short wait for another writer of the same content.
 * @throws AppError `document_busy`, `not_found`, `conflict`
 */
export async function claimDocument(
  { settings, clock = systemClock }: ClaimDeps,
  tryClaim: (options: ClaimOptions) => Promise<Claimed>,
): Promise<Extract<Claimed, { kind: 'claimed' | 'unchanged' }>> {
  const patienceMs = settings.sameContentWaitMs ?? 2_000
  const startedMs = clock.now()
  for (;;) {
    const takeOver = clock.now() - startedMs >= patienceMs
    const claimed = await tryClaim({ leaseMs: leaseMsOf(settings), takeOver })
    switch (claimed.kind) {
      case 'claimed':
      case 'unchanged':
        return claimed
      case 'missing':
        throw new AppError('not_found', 'There is no such document.')
      case 'hidden':
        throw idTaken('documentId')
      case 'busy':
        throw documentBusy(claimed.retryAfterS)
      case 'same_under_way':
        await clock.sleep(pollMs)
    }
  }
}

export function documentBusy(retryAfterS: number): AppError {
  const words = 'Another write to this document is under way, or its outcome is not known yet. Try again later.'
  return new AppError('document_busy', words, { retryAfterS })
}

/**
 * Runs the store calls of a claimed write one by one, checks the claim between them, and ends it according to the
 * outcome: by `done`; restored; released; or kept until an unanswered call can no longer land.
 *
 * @param done called when all calls are done; learns whether one of them may still land.
 * @throws AppError the caller's error for an incomplete write.
 */
export async function runClaimed(
  deps: ClaimDeps & { readonly db: Db },
  claim: DocumentClaim,
  writes: Iterable<() => Promise<WriteOutcome>>,
  done: (doubtMs: number | undefined) => Promise<void>,
): Promise<void> {
  const ends = claimEnds(deps.db)
  const { storeInDoubtMs } = deps.settings
  let outcome: WriteOutcome = untouched()
  try {
    for (const write of keeping(deps, claim, writes)) {
      outcome = also(outcome, await write())
      if (outcome.fault !== undefined) break
    }
    if (outcome.fault === undefined) return await done(outcome.kind === 'inDoubt' ? storeInDoubtMs : undefined)
  } catch (fault) {
    outcome = also(outcome, untouched(fault))
  }
  const ended =
    outcome.kind === 'inDoubt'
      ? ends.leaveInDoubt(claim, storeInDoubtMs)
      : outcome.kind === 'changed'
        ? ends.release(claim)
        : ends.revert(claim)
  await ended.catch(() => undefined) // the lease runs out by itself
  mustBeDone(outcome)
}

/** The same calls, each only while the claim is held. */
function* keeping(
  deps: ClaimDeps & { readonly db: Db },
  claim: DocumentClaim,
  writes: Iterable<() => Promise<WriteOutcome>>,
): Iterable<() => Promise<WriteOutcome>> {
  const ends = claimEnds(deps.db)
  const clock = deps.clock ?? systemClock
  let renewedMs = clock.now()
  for (const write of writes) {
    yield async () => {
      const nowMs = clock.now()
      if (nowMs - renewedMs >= renewAfterMs) {
        if (!(await ends.renew(claim, leaseMsOf(deps.settings)))) return untouched(documentBusy(1))
        renewedMs = nowMs
      }
      return write()
    }
  }
}
