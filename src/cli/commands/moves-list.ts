import type { Command } from 'commander'
import { positiveNumber } from '../kit/arguments.ts'
import type { Context } from '../kit/context.ts'
import { listAll } from '../kit/list-all.ts'
import type { Move } from '../kit/move.ts'
import { showList } from '../kit/show.ts'
import { type ReadOptions, readingVerb } from '../kit/verb.ts'

interface Options extends ReadOptions {
  readonly limit: number
}

export function movesList(context: Context): Command {
  return readingVerb({ usage: 'list', summary: 'list moves, the newest first', example: 'moves list' })
    .option('--limit <n>', 'how many at most', positiveNumber, 50)
    .action(async ({ limit, ...options }: Options) => {
      const page = await listAll<Move & Record<string, unknown>>(await context.api(), '/moves', {}, limit)
      showList(context, options, page, {
        ID: (move) => move.id,
        TENANT: (move) => move.tenantId,
        KIND: (move) => move.kind,
        STATE: (move) => move.state,
        COPIED: ({ progress }) => (progress?.total ? `${progress.copied} of ${progress.total}` : ''),
        DONE: ({ progress }) => (typeof progress?.percent === 'number' ? `${progress.percent} %` : ''),
        CREATED: (move) => move.createdAt,
        'WAITS FOR': (move) => move.gate ?? '',
      })
    })
}
