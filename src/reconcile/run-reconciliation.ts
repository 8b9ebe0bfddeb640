import type { Logger } from 'pino'
import { AppError } from '../errors.ts'
import { fixDue } from './fix/fix-due.ts'
import { lookAtCapacity } from './look/look-at-capacity.ts'
import { listHomes, lookAtDocuments } from './look/look-at-documents.ts'
import { lookAtIndexes } from './look/look-at-indexes.ts'
import { lookAtPlaces } from './look/look-at-places.ts'
import { type RestoreStage, rebuildFromStore } from './restore/rebuild-from-store.ts'
import type { RestoreDeps } from './restore/restore-deps.ts'
import type { StoreFinding } from './state/finding.ts'
import { addFindings } from './state/findings.ts'
import type { RunProgress } from './state/reconciliations.sql.ts'
import { keepProgress, type RunJob } from './state/runs.ts'

export interface RunReconciliationDeps extends Omit<RestoreDeps, 'signal'> {
  readonly graceMs: number
  readonly log: Pick<Logger, 'warn'>
}

/** Tenants whose chunks are counted in a run; the next run goes on behind them. */
const tenantsOfARun = 10_000
const tenantsAtOnce = 100

class ClaimLost extends Error {
  override readonly name = 'ClaimLost'
}

/**
 * Compares the registry with the store: indexes, namespaces, documents, counters. A run that another replica takes over
 * goes on behind the last index that was finished. A project or an index that does not answer is named, and the rest is
 * compared.
 */
export async function runReconciliation(given: RunReconciliationDeps, job: RunJob, signal: AbortSignal): Promise<void> {
  const deps = { ...given, signal }
  const { db, graceMs, settings } = deps
  let progress: RunProgress = { ...job.progress, unseen: [] }
  let afterTenant = job.afterTenant
  const keep = async (findings: readonly StoreFinding[], more: Partial<RunProgress>) => {
    signal.throwIfAborted()
    await db.transaction(async (tx) => {
      const unlisted = await addFindings(tx, job, findings, graceMs)
      const next = { ...progress, ...more, unlisted: progress.unlisted + unlisted }
      if (!(await keepProgress(tx, job, next, afterTenant))) throw new ClaimLost()
      progress = next
    })
  }
  const answered = async (part: string, look: () => Promise<void>): Promise<boolean> => {
    try {
      await look()
      return true
    } catch (fault) {
      if (!(fault instanceof AppError)) throw fault
      deps.log.warn({ err: fault, part }, 'a part of the store could not be reconciled')
      await keep([], { unseen: [...progress.unseen, { part, reason: fault.message }] })
      return false
    }
  }
  if (job.fromStore) {
    const count: RestoreStage['keep'] = (findings, read) =>
      keep(findings, {
        namespaces: progress.namespaces + (read?.namespaces ?? 0),
        indexes: read === undefined ? progress.indexes : [...new Set([...progress.indexes, read.part])],
      })
    return rebuildFromStore(deps, job, { keep: count, answered })
  }
  const away = new Set<string>()
  for (const { name: project } of settings.projects) {
    const didAnswer = await answered(project, async () => {
      const { findings, present } = await lookAtIndexes(deps, project)
      await keep(findings, {})
      for (const index of present) {
        const part = `${project}/${index.name}`
        if (progress.indexes.includes(part)) continue
        await answered(part, async () => {
          const looked = await lookAtPlaces(deps, index)
          const namespaces = progress.namespaces + looked.namespaces
          await keep(looked.findings, { indexes: [...progress.indexes, part], namespaces })
        })
      }
    })
    if (!didAnswer) away.add(project)
  }
  await keep(await lookAtCapacity(deps), {})
  await compareDocuments()
  if (job.fix) await fixDue(deps, job)

  async function compareDocuments(): Promise<void> {
    while (progress.tenants < tenantsOfARun) {
      const homes = await listHomes(deps, { after: afterTenant, limit: tenantsAtOnce })
      const looked = await lookAtDocuments(deps, homes, away)
      const isLast = homes.length < tenantsAtOnce
      afterTenant = isLast ? '' : (homes.at(-1)?.place.tenantId ?? '')
      await keep(looked.findings, {
        tenants: progress.tenants + homes.length - looked.left,
        tenantsLeft: progress.tenantsLeft + looked.left,
      })
      if (isLast) return
    }
  }
}
