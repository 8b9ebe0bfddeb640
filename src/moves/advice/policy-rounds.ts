import { sql } from 'drizzle-orm'
import type { Logger } from 'pino'
import { startRounds } from '../../concurrency/rounds.ts'
import type { AutomaticMoves, Policy } from '../../policy/policy.ts'
import { runLeasedRound } from '../../registry/rounds/leased-round.ts'
import { forgetOldRequests } from '../../registry/usage/request-counts.ts'
import type { VectorStore } from '../../stores/store.ts'
import type { StartMoveDeps } from '../start-move.ts'
import { measureSizes } from './measure-sizes.ts'
import { promoteByPolicy } from './promote-by-policy.ts'
import { refreshAdvice } from './refresh-advice.ts'

export interface PolicyDeps extends StartMoveDeps {
  readonly stores: VectorStore
  readonly policy: Policy
  readonly log: Pick<Logger, 'warn' | 'info'>
  /** The present time, for the window. Default `Date.now`. */
  readonly epochMs?: () => number
}

/** Periodically measures, advises and, where the policy says so, promotes. Every replica runs one. */
export function startPolicyRounds(deps: PolicyDeps, { everyMs }: { readonly everyMs: number }): AsyncDisposable {
  const onFault = (error: unknown) => deps.log.warn({ err: error }, 'a round of the policy failed')
  return startRounds((signal) => policyRound(deps, signal), { everyMs, first: 'now', onFault })
}

/** Runs one round, or nothing while another replica runs one. @returns how many moves it began. */
export async function policyRound(deps: PolicyDeps, signal: AbortSignal): Promise<number> {
  const { db, policy } = deps
  const begun = await runLeasedRound({ db, name: 'policy', signal }, async (held) => {
    await measureSizes({ ...deps, signal: held })
    await forgetOldRequests(db)
    await refreshAdvice({ db, policy })
    return policy.automatic === undefined || held.aborted ? 0 : beginMoves(deps, policy.automatic)
  })
  return begun ?? 0
}

/** The store is not asked here. A lock holds the day's cap, also beside a replica whose lease was lost. */
async function beginMoves(deps: PolicyDeps, automatic: AutomaticMoves): Promise<number> {
  const { db, settings, epochMs = Date.now } = deps
  return db.transaction(async (lock) => {
    const [tried] = await lock.execute<{ mine: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtextextended('policy of moves', 0)) as mine`,
    )
    if (tried?.mine !== true) return 0
    const begun = await promoteByPolicy({ db, settings, lock, automatic, epochMs })
    if (begun > 0) deps.log.info({ moves: begun }, 'the policy has begun to promote tenants')
    return begun
  })
}
