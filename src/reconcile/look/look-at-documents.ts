import { and, asc, eq, ne, sql } from 'drizzle-orm'
import { AppError } from '../../errors.ts'
import { type ChunksOnRecord, readChunksOnRecord } from '../../registry/documents/chunks-on-record.ts'
import { indexes } from '../../registry/indexes.sql.ts'
import type { IndexRow } from '../../registry/indexes.ts'
import { places } from '../../registry/places.sql.ts'
import { type PlaceRow, toPlacement } from '../../registry/places.ts'
import { chunkMarkKey } from '../../stores/reserved.ts'
import type { StoreFinding } from '../state/finding.ts'
import { type LookDeps, lookTwice } from './look.ts'

/** A tenant's active place. */
export interface Home {
  readonly place: PlaceRow
  readonly index: IndexRow
}

export interface DocumentLook {
  readonly findings: readonly StoreFinding[]
  /** Tenants that changed while they were compared, or whose project did not answer. */
  readonly left: number
}

/** Pause between two counts: one by a filter costs the store more than a read. */
const countPauseMs = 50

/** Tenants with an active place, by id after `after`. */
export function listHomes(
  { db }: Pick<LookDeps, 'db'>,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly Home[]> {
  return db
    .select({ place: places, index: indexes })
    .from(places)
    .innerJoin(indexes, eq(indexes.id, places.indexId))
    .where(and(eq(places.state, 'active'), ne(indexes.state, 'deleted'), sql`${places.tenantId} > ${after}`))
    .orderBy(asc(places.tenantId))
    .limit(limit)
}

/**
 * Compares the chunks of tenants' documents with those that the store counts. A tenant that writes documents meanwhile
 * is left for a later run.
 *
 * @param away projects that did not answer; they are not asked again, and one more may be added.
 */
export async function lookAtDocuments(
  deps: LookDeps,
  homes: readonly Home[],
  away: Set<string>,
): Promise<DocumentLook> {
  const { clock, signal } = deps
  let left = 0
  const odd: { readonly home: Home; readonly known: ChunksOnRecord }[] = []
  const tried = async (home: Home): Promise<Compared | undefined> => {
    const { project } = home.place
    try {
      return away.has(project) ? undefined : await compare(deps, home)
    } catch (fault) {
      if (!(fault instanceof AppError)) throw fault
      // An index that is gone is a finding of its own; a project that does not answer is not asked for each tenant.
      if (fault.code !== 'not_found') away.add(project)
      return undefined
    }
  }
  for (const home of homes) {
    signal.throwIfAborted()
    const compared = await tried(home)
    if (compared === undefined) left += 1
    else if (compared.shown !== compared.known.chunks) odd.push({ home, known: compared.known })
    await clock.sleep(countPauseMs, signal)
  }
  const findings = await lookTwice(deps, odd, clock.now(), async ({ home, known }) => {
    const now = await tried(home)
    // Between both looks nothing was written or deleted, so a deletion before them shows by now.
    if (now?.known.mark !== known.mark) {
      left += 1
      return undefined
    }
    if (now.shown === known.chunks) return undefined
    const { tenantId, project, indexName, namespace } = home.place
    const kind = now.shown < known.chunks ? 'documents_without_vectors' : 'vectors_without_documents'
    const detail = { documents: known.documents, chunks: known.chunks, shown: now.shown }
    return { kind, project, index: indexName, namespace, tenantId, detail }
  })
  return { findings, left }
}

interface Compared {
  readonly known: ChunksOnRecord
  readonly shown: number
}

/** Undefined: the tenant moved, or a document of it was written, while it was compared. */
async function compare(
  { db, stores, settings, signal }: LookDeps,
  { place, index }: Home,
): Promise<Compared | undefined> {
  const record = () => readChunksOnRecord(db, place.tenantId, place.id, settings.storeVisibleMs)
  const known = index.host === null ? undefined : await record()
  if (known === undefined) return undefined
  const filter = { [chunkMarkKey]: { $exists: true } }
  const { count } = await stores.open(toPlacement(place, index)).countByFilter(filter, { signal })
  const after = await record()
  return after?.mark === known.mark ? { known, shown: count } : undefined
}
