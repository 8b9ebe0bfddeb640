import type { Db } from '../db/connect.ts'
import { moveCounts } from '../moves/count-moves.ts'
import { readLatest } from '../reconcile/state/findings.ts'
import { countTenants } from '../registry/count-tenants.ts'
import { countLostDocuments } from '../registry/documents/lost-documents.ts'
import { readIndexFill } from '../registry/index-fill.ts'
import { readIsolationNumbers } from '../registry/isolation/isolation-runs.ts'
import { countUploads, oldestUpload } from '../registry/uploads/uploads.ts'
import { countSuspect } from '../registry/watch/place-watch.ts'
import { countSessions } from '../routing/barrier.ts'
import type { MetricReaders } from '../telemetry/telemetry.ts'

/** The numbers of the registry that a scrape reads. */
export function registryCounts(db: Db): MetricReaders {
  return {
    indexFill: () => readIndexFill(db),
    ...moveCounts(db),
    uploads: () => countUploads(db),
    oldestUploadS: () => oldestUpload(db),
    tenantsByStatus: () => countTenants(db),
    sessions: () => countSessions(db),
    lostDocuments: () => countLostDocuments(db),
    suspectPlaces: () => countSuspect(db),
    reconciliation: () => readLatest(db),
    isolation: () => readIsolationNumbers(db),
  }
}
