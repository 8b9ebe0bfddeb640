import { systemClock } from '../../clock.ts'
import type { Db } from '../../db/connect.ts'
import { documentInId, idPrefixOf, namesOf } from '../../placement/inventory-rule.ts'
import type { TenantRoute } from '../../placement/phase.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type AppDocument, type AppDocumentSight, findAppDocuments } from '../../registry/inventory/app-documents.ts'
import { also, untouched, type WriteOutcome } from '../../routing/write-log/write-outcome.ts'
import { pagesOf } from '../../stores/pages.ts'
import { isReserved } from '../../stores/reserved.ts'
import { narrowed } from '../checks/check-filter.ts'
import { shapeOf } from '../checks/record-shape.ts'
import { indexMustBeThere } from '../index-gone.ts'
import { provenReads } from '../writes/proven-reads.ts'
import { writing } from '../writes/tenant-writer.ts'
import type { WriteDeps } from '../writes/write-deps.ts'
import { hiddenIds } from '../writes/write-sight.ts'

const idsAtOnce = 1_000

/** The look of groups at a tenant's inventory; undefined for one that has none. */
export function appSight(route: TenantRoute, groups: readonly string[] | undefined): AppDocumentSight | undefined {
  const { tenantId, adopted } = route
  if (adopted?.inventory === undefined) return undefined
  return { tenantId, visibilityField: adopted.fields.visibility, groups }
}

/** The documents that the app made and the groups see, by id. */
export async function findMadeByApp(
  db: Db,
  route: TenantRoute,
  ids: readonly string[],
  groups: readonly string[] | undefined,
): Promise<ReadonlyMap<string, AppDocument>> {
  const sight = appSight(route, groups)
  const rows = sight === undefined || ids.length === 0 ? [] : await findAppDocuments(db, sight, ids)
  return new Map(rows.map((row) => [row.id, row]))
}

/**
 * Deletes the app's own records of a document, as the store has them now: those that the inventory never saw too. A
 * document's own chunks stay.
 * @param groups limit it to records that they see; undefined: all.
 */
export function deleteAppRecords(
  deps: WriteDeps,
  tenantId: TenantId,
  documentId: string,
  groups: readonly string[] | undefined,
): Promise<WriteOutcome> {
  return writing(
    deps,
    tenantId,
    async (writer) => {
      // Found again: since the document was read the tenant may have moved.
      const route = await deps.routes.find(tenantId)
      const { adopted, routing } = route
      const rule = adopted?.inventory
      if (rule === undefined) return untouched()
      if ('documentField' in rule) {
        const filter = { $or: namesOf(documentId).map((name) => ({ [rule.documentField]: { $eq: name } })) }
        return writer.deleteMatching(
          groups === undefined ? filter : narrowed(filter, groups, shapeOf(route).visibility),
        )
      }
      const ids: string[] = []
      const store = deps.stores.open(routing.active)
      const { storeVisibleMs } = deps.settings
      const proven = await provenReads(store, { clock: deps.clock ?? systemClock, storeVisibleMs })
      const prefix = idPrefixOf(rule.idPattern, documentId)
      for await (const page of pagesOf((from) =>
        proven.read(() => indexMustBeThere(store.list({ prefix, limit: 100, ...from }))),
      )) {
        ids.push(...page.ids.filter((id) => !isReserved(id) && documentInId(rule.idPattern, id) === documentId))
      }
      let outcome: WriteOutcome = untouched()
      for (let from = 0; from < ids.length && outcome.fault === undefined; from += idsAtOnce) {
        const some = ids.slice(from, from + idsAtOnce)
        const hidden = await hiddenIds(deps, tenantId, some, groups)
        const mine = some.filter((id) => !hidden.has(id))
        if (mine.length > 0) outcome = also(outcome, await writer.deleteIds(mine))
      }
      return outcome
    },
    { takesOver: true },
  )
}
