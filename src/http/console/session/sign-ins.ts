import type { StaffPrincipal } from '../../../auth/principal.ts'
import type { Db } from '../../../db/connect.ts'
import { appendAudit } from '../../../registry/audit/audit.ts'
import { raiseSignInCount, readSignInCount } from '../../../registry/console/sign-ins.ts'

interface Leaver {
  readonly principal: StaffPrincipal
  readonly requestId: string
  readonly address: string | undefined
}

/** The sessions of people, as the registry ends them for all replicas. */
export interface SignIns {
  /** Number that a new session of a person carries; one with another number has ended. */
  countOf(subject: string): Promise<number>
  /** Ends all sessions of the caller. */
  endAll(caller: Leaver): Promise<void>
}

export function openSignIns(db: Db): SignIns {
  return {
    countOf: (subject) => readSignInCount(db, subject),
    endAll: ({ principal, requestId, address }) =>
      db.transaction(async (tx) => {
        await raiseSignInCount(tx, principal.subject)
        const origin = { requestId, ...(address !== undefined && { address }) }
        await appendAudit(tx, [
          { actor: { ...principal, origin }, action: 'console.sign_out', detail: { everywhere: true } },
        ])
      }),
  }
}
