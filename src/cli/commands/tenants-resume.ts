import type { Command } from 'commander'
import { change } from '../change.ts'
import type { Context } from '../context.ts'
import { showDocument } from '../show.ts'
import { type ChangeOptions, changing } from '../verb.ts'

export function tenantsResume(context: Context): Command {
  return changing({
    usage: 'resume <id>',
    summary: 'serve a suspended tenant again',
    example: 'tenants resume acme-bikes --yes',
  }).action(async (id: string, options: ChangeOptions) => {
    const tenant = await change<object>(context, options, {
      question: `Resume tenant ${id}?`,
      request: { method: 'POST', path: `/tenants/${encodeURIComponent(id)}/resume` },
    })
    if (tenant !== undefined) showDocument(context, options, tenant)
  })
}
