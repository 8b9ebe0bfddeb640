import type { StaffPrincipal } from '../auth/principal.ts'
import type { Db } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { appendAudit } from '../registry/audit/audit.ts'
import { findIsolationRun, thawRow } from '../registry/isolation/isolation-runs.ts'
import { type IsolationRunView, noSuchRun, runView } from './run-view.ts'

/**
 * Ends the freeze of moves that a run's findings brought about: a person's word that what it found is mended.
 * @throws AppError `not_found`, `conflict` when the run freezes nothing
 */
export async function thawMoves(
  { db }: { readonly db: Db },
  actor: StaffPrincipal,
  id: string,
): Promise<IsolationRunView> {
  return db.transaction(async (tx) => {
    if ((await findIsolationRun(tx, id)) === undefined) throw noSuchRun()
    const row = await thawRow(tx, id, actor.subject)
    if (row === undefined) throw new AppError('conflict', 'This run freezes no moves.')
    await appendAudit(tx, [{ actor, action: 'isolation.thaw', detail: { run: id } }])
    return runView(row)
  })
}
