import type { StaffPrincipal } from '../auth/principal.ts'
import type { Db } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { appendAudit } from '../registry/audit/audit.ts'
import type { IsolationOptions } from '../registry/isolation/isolation-runs.sql.ts'
import { findOpenRun, insertDueIsolationRun, insertIsolationRun } from '../registry/isolation/isolation-runs.ts'
import { isolationActor } from './make-canaries.ts'
import { type IsolationRunView, runView } from './run-view.ts'

/**
 * Queues a run, which any replica carries out.
 * @throws AppError `conflict` while another run is open, naming it
 */
export async function startRun(
  { db }: { readonly db: Db },
  actor: StaffPrincipal,
  options: IsolationOptions,
): Promise<IsolationRunView> {
  return db.transaction(async (tx) => {
    const row = await insertIsolationRun(tx, { options, createdBy: actor.subject })
    if (row === undefined) {
      const open = await findOpenRun(tx)
      throw new AppError(
        'conflict',
        `Another run is under way${open === undefined ? '' : `: ${open.id}`}. Wait for its end.`,
      )
    }
    await appendAudit(tx, [{ actor, action: 'isolation.start', detail: { run: row.id, ...options } }])
    return runView(row)
  })
}

/** The options of runs by schedule: a new index each day would cost more than it shows. */
const scheduled = { move: false, silos: 3 } as const

/** Queues a run when the last one was begun `everyMs` ago or longer; any number of replicas may call it at once. */
export async function startDueRun({ db }: { readonly db: Db }, everyMs: number): Promise<void> {
  await db.transaction(async (tx) => {
    const actor = isolationActor
    const row = await insertDueIsolationRun(tx, { options: scheduled, createdBy: actor.subject }, everyMs)
    if (row === undefined) return
    await appendAudit(tx, [{ actor, action: 'isolation.start', detail: { run: row.id, ...scheduled } }])
  })
}
