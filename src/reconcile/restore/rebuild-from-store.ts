import { readPlaceName } from '../../placement/naming.ts'
import { type HeldRow, listHeld, noteSeen, releaseHeld, setHeld } from '../../registry/found-places.ts'
import type { IndexRow } from '../../registry/indexes.ts'
import { findLastRestore, setChecked } from '../../registry/restores.ts'
import { tickRoutings } from '../../routing/change-routing.ts'
import { pagesOf } from '../../stores/pages.ts'
import { pauseMs } from '../look/look.ts'
import { lookAtIndexes } from '../look/look-at-indexes.ts'
import type { FindingKind, StoreFinding } from '../state/finding.ts'
import type { RunRow } from '../state/runs.ts'
import { judgeTenant } from './judge-tenant.ts'
import { noteIndexes } from './note-indexes.ts'
import type { RestoreDeps } from './restore-deps.ts'

export interface RestoreStage {
  /** Keeps findings, and how many namespaces an index has that was read. */
  keep(findings: readonly StoreFinding[], read?: { readonly part: string; readonly namespaces: number }): Promise<void>
  /** Runs a look at a part; false when it did not answer. */
  answered(part: string, look: () => Promise<void>): Promise<boolean>
}

const tenantsAtOnce = 500

/**
 * Finds out where tenants are after a restore of the registry: by the names of namespaces and the tags of indexes. It
 * waits until nothing that was sent before the restore can land or be hidden any more; nobody writes meanwhile, for all
 * tenants are held. Tenants of which the store shows exactly the registry's place are served again; the others stay held,
 * each with a verdict. While a part of the store does not answer, nobody is served.
 */
export async function rebuildFromStore(deps: RestoreDeps, run: RunRow, stage: RestoreStage): Promise<void> {
  const { db, settings, clock, signal } = deps
  const restore = await findLastRestore(db)
  if (restore === undefined) return
  const settledAtMs = restore.restoredAt.getTime() + settings.storeInDoubtMs + settings.storeVisibleMs
  await clock.sleep(Math.max(0, settledAtMs - clock.epochMs()), signal)
  let isWhole = true
  for (const { name: project } of settings.projects) {
    const didAnswer = await stage.answered(project, async () => {
      await stage.keep(await noteIndexes(deps, project))
      const { findings, present } = await lookAtIndexes(deps, project)
      await stage.keep(findings)
      for (const index of present) {
        const part = `${project}/${index.name}`
        const isRead = await stage.answered(part, async () =>
          stage.keep([], { part, namespaces: await noteNamespaces(deps, index) }),
        )
        isWhole &&= isRead
      }
    })
    isWhole &&= didAnswer
  }
  if (!isWhole) return
  for (let after = ''; ; ) {
    const page = await listHeld(db, { after, limit: tenantsAtOnce, since: run.createdAt })
    await stage.keep(await judgePage(deps, page))
    const last = page.at(-1)
    if (last === undefined || page.length < tenantsAtOnce) break
    after = last.id
  }
  await setChecked(db, restore)
}

async function noteNamespaces({ db, stores, clock, signal }: RestoreDeps, index: IndexRow): Promise<number> {
  const address = { project: index.project, name: index.name, host: index.host ?? '' }
  let count = 0
  for await (const { namespaces, nextCursor } of pagesOf((from) => stores.listNamespaces(address, from, { signal }))) {
    signal.throwIfAborted()
    const seen = namespaces.map(({ name, recordCount }) => ({
      namespace: name,
      records: recordCount,
      named: readPlaceName(name),
    }))
    await noteSeen(db, index, seen)
    count += seen.length
    if (nextCursor !== undefined) await clock.sleep(pauseMs, signal)
  }
  return count
}

async function judgePage({ db }: RestoreDeps, page: readonly HeldRow[]): Promise<readonly StoreFinding[]> {
  const judged = page.map((row) => ({
    row,
    is: judgeTenant({ ...row, was: row.held.was, phase: row.phase ?? undefined }),
  }))
  const same = judged.filter(({ is }) => is.verdict === 'same').map(({ row }) => row.id)
  await db.transaction(async (tx) => {
    for (const { row, is } of judged) if (is.verdict !== 'same') await setHeld(tx, row.id, { was: row.held.was, ...is })
    await releaseHeld(tx, same)
    if (same.length > 0) await tickRoutings(tx, same)
  })
  return judged.flatMap(({ row, is }) => {
    if (is.verdict === 'same') return []
    const kind: FindingKind = `tenant_${is.verdict}`
    const shown = row.places.filter(({ isSeen }) => isSeen)
    const place = shown.find(({ generation }) => generation === is.generation) ?? row.places[0]
    const detail = {
      was: row.held.was,
      suggested: is.generation ?? null,
      registry: namesOf(row.places.filter(({ state }) => state !== 'found')),
      store: shown.map((one) => `${one.index}/${one.namespace}: ${one.records ?? 0} records`),
    }
    return [{ kind, project: place?.project ?? '', index: place?.index ?? '', tenantId: row.id, detail }]
  })
}

function namesOf(places: HeldRow['places']): readonly string[] {
  return places.map(({ index, namespace, state }) => `${index}/${namespace}: ${state}`)
}
