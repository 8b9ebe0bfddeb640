import { z } from 'zod'
import { checkSignature } from '../../crm/check-signature.ts'
import type { CrmSource } from '../../crm/crm-source.ts'
import { readCrmEvents } from '../../crm/read-events.ts'
import { crmOutcomes, tagAccounts } from '../../crm/tag-accounts.ts'
import type { TenantWork } from '../../tenants/onboard/tenant-work.ts'
import { parseJson } from '../pipeline/read-body.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'

export interface CrmRouteDeps extends Pick<TenantWork, 'db'> {
  readonly crmSources: readonly CrmSource[]
}

/** HubSpot's hundred events have about 40 KB. */
const bodyLimitBytes = 256 * 1024

const words = [
  'Tags the tenant whose attribute `crmId` is the account’s id, and does nothing else. `CRM_HOOKS` says who may call, how the call is signed, and which fields and values of an event mean what.',
  'Repeats and events that come out of order change nothing: an account’s latest event holds.',
  'The body is an event or a list of up to 100, in the source’s own form.',
].join(' ')

/** The hook by which a CRM tags tenants. */
export function crmRoutes({ db, crmSources }: CrmRouteDeps): readonly AnyRoute[] {
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
        const source = checkSignature(crmSources, params.source, { body: bytes, header })
        const events = readCrmEvents(source, parseJson(bytes))
        const origin = { requestId, ...(address !== undefined && { address }) }
        const outcomes = await tagAccounts({ db }, source.name, events, origin)
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
