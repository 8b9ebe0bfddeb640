import type { Command } from 'commander'
import { positiveNumber } from '../../kit/arguments.ts'
import { generatedId } from '../../kit/cell.ts'
import type { Context } from '../../kit/context.ts'
import { csvOf } from '../../kit/csv.ts'
import { listAll } from '../../kit/list-all.ts'
import { showList } from '../../kit/show.ts'
import { type ReadOptions, readingVerb } from '../../kit/verb.ts'

interface Options extends ReadOptions {
  readonly tenant?: string
  readonly from?: string
  readonly to?: string
  readonly csv?: true
  readonly limit: number
}

const columns = [
  'day',
  'tenantId',
  'requests',
  'errors',
  'cacheHits',
  'p50Ms',
  'p99Ms',
  'embeddingTokens',
  'answerTokens',
  'answerOutputTokens',
  'readUnits',
  'writeUnits',
  'egressBytes',
  'writtenRecords',
  'writtenBytes',
  'records',
]

export function usageCommand(context: Context): Command {
  return readingVerb({
    usage: 'usage',
    summary: 'what tenants used, by the day: requests, latency, tokens, units',
    example: 'usage --tenant acme-bikes --from 2026-11-01',
  })
    .option('--tenant <id>', 'only this tenant')
    .option('--from <day>', 'the first day, as in 2026-11-01')
    .option('--to <day>', 'the last day')
    .option('--csv', 'print CSV for a spreadsheet')
    .option('--limit <n>', 'how many rows at most', positiveNumber, 200)
    .action(async ({ tenant: tenantId, from, to, csv, limit, ...options }: Options) => {
      const page = await listAll<Record<string, unknown>>(await context.api(), '/usage', { tenantId, from, to }, limit)
      if (csv) {
        context.write(csvOf(page.items, columns))
        return
      }
      showList(context, options, page, {
        DAY: (row) => generatedId(row.day),
        TENANT: (row) => generatedId(row.tenantId),
        REQUESTS: (row) => row.requests,
        ERRORS: (row) => row.errors,
        CACHED: (row) => row.cacheHits,
        'P50 MS': (row) => row.p50Ms,
        'P99 MS': (row) => row.p99Ms,
        'READ U': (row) => Math.round(Number(row.readUnits) * 100) / 100,
        'WRITE U': (row) => row.writeUnits,
        RECORDS: (row) => row.records,
      })
    })
}
