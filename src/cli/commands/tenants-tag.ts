import { Argument, type Command } from 'commander'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { printable } from '../kit/printable.ts'
import { showDocument } from '../kit/show.ts'
import { type Tenant, tenantPath } from '../kit/tenant-lines.ts'
import { type ChangeOptions, changing } from '../kit/verb.ts'
import { isThere, lookAtTenant } from '../look/look-at-tenant.ts'

export function tenantsTag(context: Context): Command {
  return changing({
    usage: 'tag <id>',
    summary: 'set the tier; enterprise makes a tenant await promotion and moves nothing',
    example: 'tenants tag acme-bikes enterprise --yes',
  })
    .addArgument(new Argument('<tier>').choices(['standard', 'enterprise']))
    .action(async (id: string, tier: string, options: ChangeOptions) => {
      const tenant = await change<Tenant>(context, options, {
        question: `Tag tenant ${id} as ${tier}?`,
        request: { method: 'PATCH', path: tenantPath(id), body: { tier } },
        look: (api) => lookAtTenant(api, id, (now) => isThere(now) ?? sameTier(now, tier)),
      })
      if (tenant === undefined) return
      if (options.json) {
        showDocument(context, options, tenant)
        return
      }
      const { awaitingPromotion, inTheWay } = tenant
      const awaits = awaitingPromotion ? ` and awaits promotion: tenant-router promote ${id}` : '.'
      context.write(`Tenant ${id} is ${tier}${awaits}`)
      if (inTheWay) context.write(printable(inTheWay.words))
    })
}

function sameTier(tenant: Tenant, tier: string): string | undefined {
  return tenant.tier === tier ? 'It is tagged so already: nothing would change.' : undefined
}
