import type { Command } from 'commander'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { showDocument } from '../kit/show.ts'
import { showAwaiting } from '../kit/show-awaiting.ts'
import { type ChangeOptions, changing } from '../kit/verb.ts'

export function tenantsOffboard(context: Context): Command {
  return changing({
    usage: 'offboard <id>',
    summary: 'delete a tenant and all its vectors; ends with a deletion receipt',
    example: 'tenants offboard acme-bikes --yes',
  }).action(async (id: string, options: ChangeOptions) => {
    const receipt = await change<object>(context, options, {
      question: `Delete tenant ${id} and all its vectors, for good?`,
      request: { method: 'DELETE', path: `/tenants/${encodeURIComponent(id)}` },
    })
    if (receipt !== undefined && !showAwaiting(context, options, receipt)) showDocument(context, options, receipt)
  })
}
