import type { Command } from 'commander'
import { change } from '../change.ts'
import type { Context } from '../context.ts'
import { showDocument } from '../show.ts'
import { type ChangeOptions, changing } from '../verb.ts'

export function tenantsSuspend(context: Context): Command {
  return changing({
    usage: 'suspend <id>',
    summary: 'refuse all requests of a tenant until it is resumed; its data stays',
    example: 'tenants suspend acme-bikes --yes',
  }).action(async (id: string, options: ChangeOptions) => {
    const tenant = await change<object>(context, options, {
      question: `Suspend tenant ${id}? Its app is refused from then on.`,
      request: { method: 'POST', path: `/tenants/${encodeURIComponent(id)}/suspend` },
    })
    if (tenant !== undefined) showDocument(context, options, tenant)
  })
}
