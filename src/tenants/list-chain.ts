import { type Page, pageOf, readCursor, readNumberKey } from '../cursor.ts'
import type { ChainedEntry, Checkpoint } from '../evidence/audit-chain.ts'
import { type ChainState, readChainRows, readChainState, readCheckpoints } from '../registry/audit/chain.ts'
import type { TenantWork } from './onboard/tenant-work.ts'

interface PageOf {
  readonly cursor?: string | undefined
  readonly limit: number
}

type Deps = Pick<TenantWork, 'db'>

/**
 * The audit as it is chained, oldest first, a page at a time.
 * @throws AppError `invalid_request` for a cursor that no earlier page returned
 */
export async function listChain({ db }: Deps, { cursor, limit }: PageOf): Promise<Page<ChainedEntry>> {
  const after = readCursor('chain', cursor, readNumberKey) ?? 0
  return pageOf('chain', await readChainRows(db, after, limit + 1), limit, (row) => row.position)
}

/**
 * The signatures over the chain, oldest first.
 * @throws AppError `invalid_request` for a cursor that no earlier page returned
 */
export async function listCheckpoints({ db }: Deps, { cursor, limit }: PageOf): Promise<Page<Checkpoint>> {
  const after = readCursor('checkpoints', cursor, readNumberKey) ?? 0
  return pageOf('checkpoints', await readCheckpoints(db, after, limit + 1), limit, (one) => one.position)
}

/** How far the audit is chained and signed, and with which keys. */
export function showChain({ db }: Deps): Promise<ChainState> {
  return readChainState(db)
}
