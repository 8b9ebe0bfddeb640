import { z } from 'zod'
import { checkSignature, type SignedCall } from '../../crm/check-signature.ts'
import type { CrmSource } from '../../crm/crm-source.ts'
import { readCrmEvents } from '../../crm/read-events.ts'
import { type CrmOutcome, crmOutcomes, tagAccounts } from '../../crm/tag-accounts.ts'
import type { CrmMeter } from '../../telemetry/crm-meter.ts'
import type { TenantWork } from '../../tenants/onboard/tenant-work.ts'
import { parseJson } from '../pipeline/read-body.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'

export interface CrmRouteDeps extends Pick<TenantWork, 'db'> {
  readonly crmSources: readonly CrmSource[]
  readonly crm: CrmMeter
}

/** Outcome of an event; `refused` and `unreadable` are those of a whole call. */
type CrmCount = CrmOutcome | 'refused' | 'unreadable'

const counts: readonly CrmCount[] = [...crmOutcomes, 'refused', 'unreadable']

/** HubSpot's hundred events have about 40 KB. */
const bodyLimitBytes = 256 * 1024

const words = [
  'Tags the tenant whose attribute `crmId` is the account’s id, and does nothing else. `CRM_HOOKS` says who may call, how the call is signed, and which fields and values of an event mean what.',
  'Repeats and events that come out of order change nothing: an account’s latest event holds.',
  'The body is an event or a list of up to 100, in the source’s own form.',
].join(' ')

/** The hook by which a CRM tags tenants. */
export function crmRoutes({ db, crmSources, crm }: CrmRouteDeps): readonly AnyRoute[] {
  // A series that begins at its first event hides that one from `increase`.
  for (const { name } of crmSources) for (const outcome of counts) crm.count(name, outcome, 0)
  return [
    route({
      method: 'post',
      path: '/hooks/crm/{source}',
      access: { kind: 'signed' },
      tag: 'crm',
      summary: 'Tag tenants as a CRM says',
      description: words,
      params: z.object({ source: z.string() }),
      body: z.union([z.record(z.string(), z.unknown()), z.array(z.record(z.string(), z.unknown())).max(100)]),
      bodyLimitBytes,
      replies: {
        200: {
          description: 'What became of each event, in the order in which they came.',
          schema: z.object({ outcomes: z.array(z.enum(crmOutcomes)) }),
        },
      },
      async handle({ params, body, header, requestId, address, log }) {
        const bytes = body as unknown as Uint8Array
        const { source, events } = read({ crmSources, crm }, params.source, { body: bytes, header })
        const origin = { requestId, ...(address !== undefined && { address }) }
        const outcomes = await tagAccounts({ db }, source.name, events, origin)
        for (const outcome of outcomes) crm.count(source.name, outcome)
        const ambiguous = events.filter((_, i) => outcomes[i] === 'ambiguous').map((event) => event?.account)
        if (ambiguous.length > 0) {
          const accounts = ambiguous.slice(0, 10)
          log.warn(
            { source: source.name, accounts },
            'accounts of a CRM belong to several tenants, and were not tagged',
          )
        }
        return { status: 200, json: { outcomes } }
      },
    }),
  ]
}

/** @throws AppError `unauthenticated`, or `invalid_request`; each is counted */
function read({ crmSources, crm }: Pick<CrmRouteDeps, 'crmSources' | 'crm'>, name: string, call: SignedCall) {
  const label = crmSources.some((one) => one.name === name) ? name : 'other'
  const source = counted(crm, label, 'refused', () => checkSignature(crmSources, name, call))
  const events = counted(crm, label, 'unreadable', () => readCrmEvents(source, parseJson(call.body)))
  return { source, events }
}

function counted<T>(crm: CrmMeter, source: string, fault: CrmCount, work: () => T): T {
  try {
    return work()
  } catch (error) {
    crm.count(source, fault)
    throw error
  }
}
