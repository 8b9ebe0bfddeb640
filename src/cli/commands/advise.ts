import type { Command } from 'commander'
import { positiveNumber } from '../kit/arguments.ts'
import { generatedId, moment } from '../kit/cell.ts'
import type { Context } from '../kit/context.ts'
import { type ApiPage, listAll } from '../kit/list-all.ts'
import { relativeTime } from '../kit/relative-time.ts'
import { showList } from '../kit/show.ts'
import { type ReadOptions, readingVerb } from '../kit/verb.ts'

interface Options extends ReadOptions {
  readonly limit: number
}

interface Advised extends Record<string, unknown> {
  readonly reasons: readonly string[]
  readonly inTheWay: { readonly words: string } | null
}

interface Look {
  readonly silosLeft: number
  readonly lookedAt: string | null
  /** Absent in answers of an older service. */
  readonly modelEnds?: readonly { readonly words: string; readonly source: string; readonly asOf: string }[]
}

export function adviseCommand(context: Context): Command {
  return readingVerb({
    usage: 'advise',
    summary: 'list the tenants that the policy would move, and why; silos left; embedding models that end',
    example: 'advise --json',
  })
    .option('--limit <n>', 'how many at most', positiveNumber, 100)
    .action(async ({ limit, ...options }: Options) => {
      const api = await context.api()
      const list = await listAll<Advised>(api, '/advice', {}, limit)
      const {
        silosLeft,
        lookedAt,
        modelEnds = [],
      } = await api.send<ApiPage<unknown> & Look>({
        method: 'GET',
        path: '/advice?limit=1',
      })
      showList(context, options, { ...list, silosLeft, lookedAt, modelEnds } as typeof list, {
        TENANT: (one) => generatedId(one.tenantId),
        ADVICE: (one) => one.advice,
        SINCE: (one) => moment(one.since),
        BECAUSE: (one) => [one.reasons.join('; '), ...(one.inTheWay === null ? [] : [one.inTheWay.words])].join('. '),
      })
      if (options.json) return
      const looked =
        lookedAt === null
          ? 'No replica has looked at the tenants yet'
          : `Last look: ${context.watched ? relativeTime(lookedAt) : lookedAt}`
      context.remark(`${looked}. Silos left: ${silosLeft}.`)
      for (const { words, source, asOf } of modelEnds) context.remark(`${words} (${source}, list of ${asOf})`)
    })
}
