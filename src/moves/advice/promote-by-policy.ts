import { and, count, eq, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { isAppError } from '../../errors.ts'
import { movesThatMayBegin } from '../../policy/may-begin.ts'
import type { AutomaticMoves } from '../../policy/policy.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { type StartMoveDeps, startMove } from '../start-move.ts'
import { moves } from '../state/moves.sql.ts'
import { advice } from './advice.sql.ts'
import { countSilosLeft } from './list-advice.ts'

/** The actor of the policy's moves: no token has such a subject. */
const policyActor = { kind: 'staff', subject: 'system:policy', roles: new Set(['platform'] as const) } as const

/** Days in which the policy leaves a tenant alone after a failed or undone move: people decide on it. */
const restDays = 7

interface Deps extends StartMoveDeps {
  /** The transaction that holds the policy's lock: nobody else begins moves meanwhile. */
  readonly lock: Tx
  readonly automatic: AutomaticMoves
  readonly epochMs: () => number
}

/**
 * Begins the promotes advised long enough, the longest first: up to the day's cap and the silos left, and only in the
 * window. The audit records each with its reasons.
 * @returns how many were begun.
 */
export async function promoteByPolicy({ lock, automatic, epochMs, ...deps }: Deps): Promise<number> {
  const [begun] = await lock
    .select({ count: count() })
    .from(moves)
    .where(and(eq(moves.createdBy, policyActor.subject), sql`${moves.createdAt} > now() - interval '24 hours'`))
  const may = movesThatMayBegin(automatic, {
    epochMs: epochMs(),
    begunInLastDay: begun?.count ?? 0,
    silosLeft: await countSilosLeft(deps),
  })
  if (may === 0) return 0
  const ripe = await lock
    .select()
    .from(advice)
    .where(
      and(
        eq(advice.advice, 'promote'),
        sql`${advice.since} <= clock_timestamp() - ${automatic.afterHours} * interval '1 hour'`,
        sql`not exists (select 1 from moves m where m.tenant_id = ${advice.tenantId}
          and (m.ended_at is null or (m.state <> 'completed' and m.ended_at > now() - ${restDays} * interval '1 day')))`,
      ),
    )
    .orderBy(advice.since, advice.tenantId)
    .limit(may)
  let started = 0
  for (const { tenantId, reasons, since } of ripe) {
    try {
      const move = await startMove(deps, policyActor, { tenantId, kind: 'promote' })
      const detail = { move: move.id, reasons: [...reasons], since: since.toISOString() }
      await appendAudit(lock, [{ actor: policyActor, action: 'policy.promote', tenantId, detail }])
      started += 1
    } catch (error) {
      if (isAppError(error, 'index_limit_reached')) break
      // A person was faster, or the tenant is on its way out.
      if (!isAppError(error, 'conflict') && !isAppError(error, 'move_in_progress') && !isAppError(error, 'not_found'))
        throw error
    }
  }
  return started
}
