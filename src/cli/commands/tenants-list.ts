import { type Command, Option } from 'commander'
import { positiveNumber } from '../kit/arguments.ts'
import { generatedId } from '../kit/cell.ts'
import type { Context } from '../kit/context.ts'
import { csvOf } from '../kit/csv.ts'
import { listAll } from '../kit/list-all.ts'
import { showList } from '../kit/show.ts'
import { placeWord, type Tenant } from '../kit/tenant-lines.ts'
import { type ReadOptions, readingVerb } from '../kit/verb.ts'

interface Options extends ReadOptions {
  readonly search?: string
  readonly tier?: string
  readonly status?: string
  readonly awaiting?: true
  readonly csv?: true
  readonly limit?: number
}

const statuses = ['provisioning', 'active', 'suspended', 'held', 'offboarding', 'offboarded']

const csvRowsMax = 1_000_000

/** Columns that an import maps by their headers, and the status, which it passes over. */
const csvColumns = ['id', 'name', 'tier', 'region', 'crmId', 'owner', 'contract', 'renewal', 'status']

export function tenantsList(context: Context): Command {
  return readingVerb({ usage: 'list', summary: 'list tenants', example: 'tenants list --tier enterprise' })
    .option('--search <text>', 'part of the id or name')
    .addOption(new Option('--tier <tier>', 'only this tier').choices(['standard', 'enterprise']))
    .addOption(new Option('--status <status>', 'only this status').choices(statuses))
    .option('--awaiting', 'only tenants that await promotion')
    .option('--csv', 'print CSV for a spreadsheet, which `tenants import` takes back')
    .option('--limit <n>', 'how many at most (default: 50, with --csv all)', positiveNumber)
    .action(async ({ search, tier, status, awaiting, csv, limit = csv ? csvRowsMax : 50, ...options }: Options) => {
      const page = await listAll<Record<string, unknown>>(
        await context.api(),
        '/tenants',
        { search, tier, status, awaitingPromotion: awaiting && 'true' },
        limit,
      )
      if (csv) {
        const rows = page.items.map(({ attributes, ...tenant }) => ({ ...Object(attributes), ...tenant }))
        context.write(csvOf(rows, csvColumns))
        return
      }
      showList(context, options, page, {
        ID: (tenant) => generatedId(tenant.id),
        NAME: (tenant) => tenant.name,
        TIER: (tenant) => tenant.tier,
        STATUS: (tenant) => tenant.status,
        PLACE: (tenant) => placeWord(tenant as unknown as Tenant),
        PROMOTION: (tenant) => (tenant.awaitingPromotion === true ? 'awaiting' : ''),
      })
    })
}
