import type { Logger } from 'pino'
import { startRounds } from '../concurrency/rounds.ts'
import type { Db } from '../db/connect.ts'
import type { SigningKey } from '../evidence/signing-key.ts'
import { announceSigningKey, chainAudit } from '../registry/audit/chain.ts'

/** Pause between rounds: a row is in the chain, and signed, about this long after its commit. */
const everyMs = 1_000

/** Chains and signs the audit in rounds; of several replicas, one does it at a time. */
export async function openAuditChain(db: Db, key: SigningKey | undefined, log: Logger): Promise<AsyncDisposable> {
  if (key === undefined) log.warn('SIGNING_KEY_FILE is not set: the audit is chained and not signed')
  else await announceSigningKey(db, key)
  const onFault = (error: unknown) => log.warn({ err: error }, 'the audit was not chained')
  const round = async (signal: AbortSignal) => {
    while (!signal.aborted && (await chainAudit(db, key)) > 0);
  }
  return startRounds(round, { everyMs, spreadMs: everyMs / 2, first: 'now', onFault })
}
