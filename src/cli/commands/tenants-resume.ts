import type { Command } from 'commander'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { showDocument } from '../kit/show.ts'
import { type AppliedTenant, everywhereWords, tenantPath } from '../kit/tenant-lines.ts'
import { type ChangeOptions, changing } from '../kit/verb.ts'
import { becomes, lookAtTenant } from '../look/look-at-tenant.ts'

export function tenantsResume(context: Context): Command {
  return changing({
    usage: 'resume <id>',
    summary: 'serve a suspended tenant again',
    example: 'tenants resume acme-bikes --yes',
  }).action(async (id: string, options: ChangeOptions) => {
    const tenant = await change<AppliedTenant>(context, options, {
      question: `Resume tenant ${id}?`,
      request: { method: 'POST', path: `${tenantPath(id)}/resume` },
      look: (api) => lookAtTenant(api, id, becomes('suspended', 'active')),
    })
    if (tenant === undefined) return
    if (options.json) showDocument(context, options, tenant)
    else context.write(`Tenant ${id} is served again${everywhereWords(tenant)}.`)
  })
}
