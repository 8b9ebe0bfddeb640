import { Argument, type Command } from 'commander'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { showDocument } from '../kit/show.ts'
import { type ChangeOptions, changing } from '../kit/verb.ts'

export function tenantsTag(context: Context): Command {
  return changing({
    usage: 'tag <id>',
    summary: 'set the tier; enterprise makes a tenant await promotion and moves nothing',
    example: 'tenants tag acme-bikes enterprise --yes',
  })
    .addArgument(new Argument('<tier>').choices(['standard', 'enterprise']))
    .action(async (id: string, tier: string, options: ChangeOptions) => {
      const tenant = await change<object>(context, options, {
        question: `Tag tenant ${id} as ${tier}?`,
        request: { method: 'PATCH', path: `/tenants/${encodeURIComponent(id)}`, body: { tier } },
      })
      if (tenant !== undefined) showDocument(context, options, tenant)
    })
}
