import type { Command } from 'commander'
import { positiveNumber } from '../kit/arguments.ts'
import type { Context } from '../kit/context.ts'
import { listAll } from '../kit/list-all.ts'
import { showList } from '../kit/show.ts'
import { type ReadOptions, readingVerb } from '../kit/verb.ts'

interface Options extends ReadOptions {
  readonly search?: string
  readonly tier?: string
  readonly status?: string
  readonly awaiting?: true
  readonly limit: number
}

export function tenantsList(context: Context): Command {
  return readingVerb({ usage: 'list', summary: 'list tenants', example: 'tenants list --tier enterprise' })
    .option('--search <text>', 'part of the id or name')
    .option('--tier <tier>', 'standard or enterprise')
    .option('--status <status>', 'status, as in active or suspended')
    .option('--awaiting', 'only tenants that await promotion')
    .option('--limit <n>', 'how many at most', positiveNumber, 50)
    .action(async ({ search, tier, status, awaiting, limit, ...options }: Options) => {
      const page = await listAll<Record<string, unknown>>(
        await context.api(),
        '/tenants',
        { search, tier, status, awaitingPromotion: awaiting && 'true' },
        limit,
      )
      showList(context, options, page, {
        ID: (tenant) => tenant.id,
        NAME: (tenant) => tenant.name,
        TIER: (tenant) => tenant.tier,
        STATUS: (tenant) => tenant.status,
        PROMOTION: (tenant) => (tenant.awaitingPromotion === true ? 'awaiting' : ''),
      })
    })
}
