import { type Command, Option } from 'commander'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { showDocument } from '../kit/show.ts'
import { placeWord, type Tenant } from '../kit/tenant-lines.ts'
import { type ChangeOptions, changing } from '../kit/verb.ts'
import { lookForTenant } from '../look/look-at-tenant.ts'

interface Options extends ChangeOptions {
  readonly name?: string
  readonly tier: string
  readonly region?: string
}

export function tenantsCreate(context: Context): Command {
  return changing({
    usage: 'create <id>',
    summary: 'onboard a tenant; a repeat changes nothing',
    example: 'tenants create acme-bikes --name "Acme Bikes" --yes',
  })
    .option('--name <name>', 'display name (default: the id)')
    .addOption(new Option('--tier <tier>').choices(['standard', 'enterprise']).default('standard'))
    .option('--region <region>', 'region that its vectors must stay in')
    .action(async (id: string, { name = id, tier, region, ...options }: Options) => {
      const body = { id, name, tier, ...(region === undefined ? {} : { region }) }
      const tenant = await change<Tenant>(context, options, {
        question: `Create the ${tier} tenant ${id}?`,
        request: { method: 'POST', path: '/tenants', body },
        look: (api) => lookForTenant(api, id),
      })
      if (tenant === undefined) return
      if (options.json) {
        showDocument(context, options, tenant)
        return
      }
      const { status, awaitingPromotion } = tenant
      const isReady = status === 'active'
      const is = isReady ? `is ready, ${placeWord(tenant)}` : `is ${status}: tenant-router tenants show ${id}`
      context.write(`Tenant ${id} ${is}.`)
      if (awaitingPromotion) context.write(`It awaits promotion: tenant-router promote ${id}`)
    })
}
