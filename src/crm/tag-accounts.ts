import type { CallOrigin } from '../auth/principal.ts'
import type { Db, Tx } from '../db/connect.ts'
import { type Author, appendAudit } from '../registry/audit/audit.ts'
import { findCrmMark, putCrmMark } from '../registry/crm/crm-marks.ts'
import { findImportedTenants } from '../registry/imports/import-tenants.ts'
import { lockTenantRow, updateTenant } from '../registry/tenants.ts'
import { tickRouting } from '../routing/change-routing.ts'
import type { CrmEvent } from './read-events.ts'

/** Outcome of an event. All but `tagged` change nothing, and neither does a repeat of any. */
export const crmOutcomes = [
  'tagged',
  'same', // the tenant has that tag
  'repeated', // it is the last event of the account, once more
  'older', // the account's tag was said anew since, by the source or by somebody else
  'unknown', // no tenant has the account's id as its crmId
  'ambiguous', // several tenants have it
  'passed over', // the mapping takes no such event
] as const
export type CrmOutcome = (typeof crmOutcomes)[number]

/**
 * Tags the tenants of accounts, and does nothing else to them. Whatever the order in which events come, and however
 * often, the tag at the end is that of the latest one.
 */
export async function tagAccounts(
  { db }: { readonly db: Db },
  source: string,
  events: readonly (CrmEvent | undefined)[],
  origin: CallOrigin,
): Promise<readonly CrmOutcome[]> {
  const outcomes: CrmOutcome[] = []
  for (const event of events) {
    const outcome = event === undefined ? 'passed over' : await tagAccount(db, source, event, origin)
    outcomes.push(outcome)
  }
  return outcomes
}

async function tagAccount(db: Db, source: string, event: CrmEvent, origin: CallOrigin): Promise<CrmOutcome> {
  const owners = (await findImportedTenants(db, [], [event.account])).filter(
    ({ status }) => status !== 'offboarding' && status !== 'offboarded',
  )
  const [owner, second] = owners
  if (owner === undefined) return 'unknown'
  if (second !== undefined) return 'ambiguous'
  return db.transaction((tx) => tagIn(tx, source, event, owner.id, origin))
}

async function tagIn(
  tx: Tx,
  source: string,
  { account, tag, at, event }: CrmEvent,
  tenantId: Parameters<typeof lockTenantRow>[1],
  origin: CallOrigin,
): Promise<CrmOutcome> {
  const tenant = await lockTenantRow(tx, tenantId)
  const isGone = tenant === undefined || tenant.status === 'offboarding' || tenant.status === 'offboarded'
  if (isGone || String(tenant.attributes.crmId) !== account) return 'unknown'
  const mark = await findCrmMark(tx, source, account)
  const after = mark === undefined ? 1 : order({ at, event, tag }, mark)
  if (after <= 0) return after === 0 ? 'repeated' : 'older'
  // Said by onboarding, a colleague, an import or another source: the event holds if it is from after that.
  const isOthers = tenant.tierSince.getTime() !== mark?.tierSince.getTime()
  if (isOthers && at <= tenant.tierSince) return 'older'
  if (tenant.tier === tag) {
    await putCrmMark(tx, { source, account, at, event, tag }, tenantId)
    return 'same'
  }
  await updateTenant(tx, tenantId, { tier: tag })
  await putCrmMark(tx, { source, account, at, event, tag }, tenantId)
  const actor: Author = { subject: `crm:${source}`, roles: new Set(['crm']), origin }
  const detail = { account, event, at: at.toISOString() }
  await appendAudit(tx, [
    { actor, action: 'tenant.tag', tenantId, detail, before: { tier: tenant.tier }, after: { tier: tag } },
  ])
  await tickRouting(tx, tenantId)
  return 'tagged'
}

type Moment = Pick<CrmEvent, 'at' | 'event' | 'tag'>

/** A whole order of an account's events, so that all replicas agree which of two of the same time is the later. */
function order(one: Moment, other: Moment): number {
  const difference = one.at.getTime() - other.at.getTime()
  return difference || compare(one.event, other.event) || compare(one.tag, other.tag)
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one > other ? 1 : -1
}
