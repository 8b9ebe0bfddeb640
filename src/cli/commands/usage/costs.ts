import type { Command } from 'commander'
import { positiveNumber } from '../../kit/arguments.ts'
import type { Context } from '../../kit/context.ts'
import { csvOf } from '../../kit/csv.ts'
import { dollars } from '../../kit/dollars.ts'
import { type ApiPage, listAll } from '../../kit/list-all.ts'
import { showList } from '../../kit/show.ts'
import { type ReadOptions, readingVerb } from '../../kit/verb.ts'

interface Options extends ReadOptions {
  readonly month?: string
  readonly tenant?: string
  readonly csv?: true
  readonly limit: number
}

interface Cost extends Record<string, unknown> {
  readonly cost:
    | (Readonly<Record<'reads' | 'writes' | 'storage' | 'total', number>> & Readonly<Record<string, number | null>>)
    | null
  readonly notes: readonly string[]
}

interface About {
  readonly month: string
  readonly prices: { readonly asOf: string; readonly plan: string }
  readonly estimate: string
}

const columns = [
  'tenantId',
  'name',
  'tier',
  'kind',
  'cloud',
  'region',
  'requests',
  'readUnits',
  'writeUnits',
  'storedBytes',
  'egressBytes',
  'embeddingTokens',
  'answerTokens',
  'reads',
  'writes',
  'storage',
  'egress',
  'embedding',
  'total',
  'notes',
]

export function costs(context: Context): Command {
  return readingVerb({
    usage: 'costs',
    summary: 'estimate what each tenant costs this month, by the price list',
    example: 'costs --csv > costs.csv',
  })
    .option('--month <month>', 'another month, as in 2026-10')
    .option('--tenant <id>', 'only this tenant')
    .option('--csv', 'print CSV for a spreadsheet')
    .option('--limit <n>', 'how many tenants at most', positiveNumber, 1_000)
    .action(async ({ month, tenant: tenantId, csv, limit, ...options }: Options) => {
      const api = await context.api()
      const page = await listAll<Cost>(api, '/costs', { month, tenantId }, limit)
      if (csv) {
        const flat = page.items.map(({ cost, notes, ...row }) => ({ ...row, ...cost, notes: notes.join(' ') }))
        context.write(csvOf(flat, columns))
        return
      }
      const about = await api.send<ApiPage<unknown> & About>({ method: 'GET', path: '/costs?limit=1' })
      const shown = { ...page, prices: about.prices, estimate: about.estimate }
      showList(context, options, shown as typeof page, {
        TENANT: (one) => one.tenantId,
        PLACE: (one) => one.kind,
        REQUESTS: (one) => one.requests,
        READS: (one) => amount(one, 'reads'),
        WRITES: (one) => amount(one, 'writes'),
        STORAGE: (one) => amount(one, 'storage'),
        TOTAL: (one) => amount(one, 'total'),
        NOTES: (one) => one.notes.join(' '),
      })
      if (options.json) return
      const { plan, asOf } = about.prices
      context.remark(`Prices: ${plan}, ${asOf}. ${about.estimate}`)
    })
}

function amount({ cost }: Cost, name: 'reads' | 'writes' | 'storage' | 'total'): string {
  return cost === null ? 'no price' : dollars(cost[name])
}
