import type { Command } from 'commander'
import { positiveNumber } from '../kit/arguments.ts'
import { generatedId } from '../kit/cell.ts'
import type { Context } from '../kit/context.ts'
import { listAll } from '../kit/list-all.ts'
import { showList } from '../kit/show.ts'
import { type ReadOptions, readingVerb } from '../kit/verb.ts'

interface Options extends ReadOptions {
  readonly limit: number
}

export function indexesList(context: Context): Command {
  return readingVerb({ usage: 'list', summary: 'list indexes and how full they are', example: 'indexes list' })
    .option('--limit <n>', 'how many at most', positiveNumber, 100)
    .action(async ({ limit, ...options }: Options) => {
      const page = await listAll<Record<string, unknown>>(await context.api(), '/indexes', {}, limit)
      showList(context, options, page, {
        NAME: (index) => generatedId(index.name),
        PROJECT: (index) => index.project ?? '',
        KIND: (index) => index.kind,
        STATE: (index) => (index.draining === true ? 'draining' : (index.state ?? '')),
        NAMESPACES: (index) => index.namespaces,
        LIMIT: (index) => index.limit,
        FILL: (index) => (typeof index.fill === 'number' ? `${Math.round(index.fill * 100)} %` : index.fill),
      })
    })
}
