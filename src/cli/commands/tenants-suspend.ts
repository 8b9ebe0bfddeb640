import type { Command } from 'commander'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { showDocument } from '../kit/show.ts'
import { showAwaiting } from '../kit/show-awaiting.ts'
import { type AppliedTenant, everywhereWords, tenantPath } from '../kit/tenant-lines.ts'
import { type ChangeOptions, changing } from '../kit/verb.ts'
import { becomes, lookAtTenant } from '../look/look-at-tenant.ts'

export function tenantsSuspend(context: Context): Command {
  return changing({
    usage: 'suspend <id>',
    summary: 'refuse all requests of a tenant until it is resumed; its data stays',
    example: 'tenants suspend acme-bikes --yes',
  }).action(async (id: string, options: ChangeOptions) => {
    const tenant = await change<AppliedTenant>(context, options, {
      question: `Suspend tenant ${id}? Its app is refused from then on.`,
      request: { method: 'POST', path: `${tenantPath(id)}/suspend` },
      look: (api) => lookAtTenant(api, id, becomes('active', 'suspended')),
    })
    if (tenant === undefined || showAwaiting(context, options, tenant)) return
    if (options.json) showDocument(context, options, tenant)
    else context.write(`Tenant ${id} is suspended${everywhereWords(tenant)}.`)
  })
}
