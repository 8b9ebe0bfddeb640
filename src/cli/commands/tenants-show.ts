import type { Command } from 'commander'
import type { Context } from '../kit/context.ts'
import { showDocument } from '../kit/show.ts'
import { type ReadOptions, readingVerb } from '../kit/verb.ts'

export function tenantsShow(context: Context): Command {
  return readingVerb({
    usage: 'show <id>',
    summary: 'show a tenant, where its vectors live and why',
    example: 'tenants show acme-bikes',
  }).action(async (id: string, options: ReadOptions) => {
    const api = await context.api()
    const path = `/tenants/${encodeURIComponent(id)}`
    const [tenant, route] = await Promise.all([
      api.send({ method: 'GET', path }),
      api.send({ method: 'GET', path: `${path}/route` }),
    ])
    showDocument(context, options, { ...tenant, route })
  })
}
