import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import type { Db } from '../db/connect.ts'
import type { SigningKey } from '../evidence/signing-key.ts'
import { startNotices } from '../notices/notice-rounds.ts'
import { openAuditChain } from './audit-chain.ts'

/** Parts that a test replaces. */
export interface AuditTrailOverrides {
  readonly noticesEveryMs?: number
}

interface Parts {
  readonly db: Db
  readonly log: Logger
  readonly signingKey?: SigningKey
}

/** Chains and signs the audit, and sends what happened to the operator's hooks, if there are any. */
export async function openAuditTrail(
  { noticeHooks }: Config,
  { db, log, signingKey }: Parts,
  { noticesEveryMs: everyMs = 1_000 }: AuditTrailOverrides,
): Promise<AsyncDisposable> {
  await using opening = new AsyncDisposableStack()
  opening.use(await openAuditChain(db, signingKey, log))
  const hooks = noticeHooks.map((hook) => ({ ...hook, secret: hook.secret.reveal() }))
  if (hooks.length > 0) opening.use(startNotices({ db, hooks, log }, { everyMs }))
  return opening.move()
}
