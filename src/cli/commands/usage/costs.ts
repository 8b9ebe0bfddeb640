import type { Command } from 'commander'
import { positiveNumber } from '../../kit/arguments.ts'
import { generatedId, Whole } from '../../kit/cell.ts'
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
  'answerOutputTokens',
  'reads',
  'writes',
  'storage',
  'egress',
  'embedding',
  'answers',
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
      // The same notes in each row of a terminal are said once.
      const areSame = context.watched && new Set(page.items.map(notesOf)).size === 1
      showList(context, options, shown as typeof page, {
        TENANT: (one) => generatedId(one.tenantId),
        TOTAL: (one) => amount(one, 'total'),
        READS: (one) => amount(one, 'reads'),
        WRITES: (one) => amount(one, 'writes'),
        STORAGE: (one) => amount(one, 'storage'),
        REQUESTS: (one) => one.requests,
        PLACE: (one) => one.kind,
        ...(areSame ? {} : { NOTES: notesOf }),
      })
      if (options.json) return
      const [first] = page.items
      if (areSame && first !== undefined && first.notes.length > 0) context.remark(notesOf(first))
      const { plan, asOf } = about.prices
      context.remark(`Prices: ${plan}, ${asOf}. ${about.estimate}`)
    })
}

function notesOf({ notes }: Cost): string {
  return notes.join(' ')
}

function amount({ cost }: Cost, name: 'reads' | 'writes' | 'storage' | 'total'): Whole {
  return new Whole(cost === null ? 'no price' : dollars(cost[name]))
}
