import { AppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { countOldChunks, tenantsWithDocuments } from '../../registry/documents/lost-documents.ts'
import { runLeasedRound } from '../../registry/rounds/leased-round.ts'
import type { LookForLossesDeps } from './look-for-losses.ts'

/** Tenants of a round. */
const tenantsAtOnce = 50
/** Largest namespace listed without suspicion: it takes a hundred calls. */
const listedUnaskedMax = 10_000

/**
 * Compares counts of a few tenants: chunks in the inventory, and records in the namespace. Each round continues where
 * the last one stopped, on one replica at a time.
 *
 * @returns the tenants to inspect: those with fewer records, those with marked documents that may have come back, and
 *   one tenant in turn without suspicion, since an app's own records may hide a loss in the count.
 */
export function lossRounds(deps: LookForLossesDeps): (signal: AbortSignal) => Promise<readonly TenantId[]> {
  let after = ''
  let sweeps = 0
  const { db } = deps
  const round = async (signal: AbortSignal) => {
    const tenants = await tenantsWithDocuments(db, { after, limit: tenantsAtOnce })
    const unasked = tenants[sweeps % Math.max(1, tenants.length)]
    const away = new Set<string>()
    const suspects: TenantId[] = []
    for (const tenantId of tenants) {
      signal.throwIfAborted()
      if (await isSuspect(deps, tenantId, { away, isUnasked: tenantId === unasked, signal })) suspects.push(tenantId)
    }
    const isLastPage = tenants.length < tenantsAtOnce
    after = isLastPage ? '' : (tenants.at(-1) ?? '')
    if (isLastPage) sweeps += 1
    return suspects
  }
  return async (signal) => (await runLeasedRound({ db, name: 'losses', signal }, round)) ?? []
}

async function isSuspect(
  deps: LookForLossesDeps,
  tenantId: TenantId,
  how: { readonly away: Set<string>; readonly isUnasked: boolean; readonly signal: AbortSignal },
): Promise<boolean> {
  const { away, isUnasked, signal } = how
  let project: string | undefined
  try {
    const { routing } = await deps.routes.find(tenantId)
    project = routing.active.project
    if (away.has(project)) return false
    const namespace = await deps.stores.open(routing.active).describeNamespace({ signal })
    const records = namespace?.recordCount ?? 0
    const { all, unmarked } = await countOldChunks(deps.db, tenantId, deps.settings.storeVisibleMs)
    const mayBeBack = all > unmarked && records >= all
    return records < unmarked || mayBeBack || (isUnasked && records <= listedUnaskedMax)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    // A project that does not answer is not waited for fifty times.
    if (project !== undefined) away.add(project)
    return false
  }
}
