import type { Command } from 'commander'
import { positiveNumber } from '../kit/arguments.ts'
import { generatedId, moment } from '../kit/cell.ts'
import type { Context } from '../kit/context.ts'
import { listAll } from '../kit/list-all.ts'
import type { Move } from '../kit/move.ts'
import { showList } from '../kit/show.ts'
import { type ReadOptions, readingVerb } from '../kit/verb.ts'

interface Options extends ReadOptions {
  readonly tenant?: string
  readonly open?: true
  readonly limit: number
}

export function movesList(context: Context): Command {
  return readingVerb({ usage: 'list', summary: 'list moves, the newest first', example: 'moves list' })
    .option('--tenant <id>', 'only moves of this tenant')
    .option('--open', 'only moves that have not ended')
    .option('--limit <n>', 'how many at most', positiveNumber, 50)
    .action(async ({ tenant: tenantId, open, limit, ...options }: Options) => {
      const only = { tenantId, open: open && 'true' }
      const page = await listAll<Move & Record<string, unknown>>(await context.api(), '/moves', only, limit)
      showList(context, options, page, {
        ID: (move) => generatedId(move.id),
        TENANT: (move) => generatedId(move.tenantId),
        KIND: (move) => move.kind,
        STATE: (move) => move.state,
        COPIED: ({ progress }) => (progress?.total ? `${progress.copied} of ${progress.total}` : ''),
        DONE: ({ progress }) => (typeof progress?.percent === 'number' ? `${progress.percent} %` : ''),
        CREATED: (move) => moment(move.createdAt),
        'WAITS FOR': (move) => move.gate ?? '',
      })
    })
}
