import type { Command } from 'commander'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { showDocument } from '../kit/show.ts'
import { showAwaiting } from '../kit/show-awaiting.ts'
import { type Tenant, tenantPath } from '../kit/tenant-lines.ts'
import { type ChangeOptions, changing } from '../kit/verb.ts'
import { lookAtTenant } from '../look/look-at-tenant.ts'
import { withWatch } from '../watch/steer-move.ts'
import { watchOffboarding } from '../watch/watch-offboarding.ts'
import { printReceipt } from './tenants/receipt.ts'

interface Options extends ChangeOptions {
  readonly watch: boolean
}

export function tenantsOffboard(context: Context): Command {
  const command = changing({
    usage: 'offboard <id>',
    summary: 'delete a tenant and all that is kept of it, and show the deletion receipt',
    example: 'tenants offboard acme-bikes --yes',
  })
  return withWatch(command).action(async (id: string, { watch, ...options }: Options) => {
    const api = await context.api()
    const tenant = await change<Tenant>(context, options, {
      question: `Delete tenant ${id} and all its vectors, for good?`,
      request: { method: 'DELETE', path: tenantPath(id) },
      look: () => lookAtTenant(api, id, isGone),
    })
    if (tenant === undefined || showAwaiting(context, options, tenant)) return
    if (!watch) {
      if (options.json) showDocument(context, options, tenant)
      else context.write(`Tenant ${id} is no longer served; its data is deleted: tenant-router tenants receipt ${id}`)
      return
    }
    if (!options.json) context.remark(`Tenant ${id} is no longer served. Ctrl-C leaves the deletion running.`)
    await watchOffboarding(context, api, id, options)
    await printReceipt(context, api, id, options)
  })
}

function isGone({ status }: Tenant): string | undefined {
  if (status === 'offboarded') return 'It is deleted already: the same receipt would be shown.'
  return status === 'offboarding' ? 'It is being deleted already: nothing more would happen.' : undefined
}
