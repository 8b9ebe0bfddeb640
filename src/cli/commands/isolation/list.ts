import type { Command } from 'commander'
import { positiveNumber } from '../../kit/arguments.ts'
import { generatedId, moment } from '../../kit/cell.ts'
import type { Context } from '../../kit/context.ts'
import { listAll } from '../../kit/list-all.ts'
import { showList } from '../../kit/show.ts'
import { type ReadOptions, readingVerb } from '../../kit/verb.ts'
import type { IsolationRun } from './isolation-run.ts'

interface Options extends ReadOptions {
  readonly limit: number
}

export function proveIsolationList(context: Context): Command {
  return readingVerb({ usage: 'list', summary: 'list runs, the latest first', example: 'prove-isolation list' })
    .option('--limit <n>', 'how many at most', positiveNumber, 50)
    .action(async ({ limit, ...options }: Options) => {
      const page = await listAll<IsolationRun>(await context.api(), '/isolation/runs', {}, limit)
      showList(context, options, page, {
        ID: (run) => generatedId(run.id),
        STARTED: (run) => moment(run.createdAt),
        STATE: (run) => run.state,
        EXCEPTIONS: (run) => run.exceptions,
        MOVES: (run) => (run.isFreezing ? 'frozen' : ''),
      })
    })
}
