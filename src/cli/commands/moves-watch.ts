import type { Command } from 'commander'
import type { Context } from '../kit/context.ts'
import { type ReadOptions, readingVerb } from '../kit/verb.ts'
import { watchToTheEnd } from '../watch/watch-to-the-end.ts'

export function movesWatch(context: Context): Command {
  return readingVerb({
    usage: 'watch <id>',
    summary: 'follow a move until it has switched, or ended; Ctrl-C leaves it running',
    example: 'moves watch 018f3c2e-5f0a-7cc3-9d53-0c3f4b7a9e11',
  }).action(async (id: string, options: ReadOptions) => {
    await watchToTheEnd(context, await context.api(), id, options, 'any end')
  })
}
