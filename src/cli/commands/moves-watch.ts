import type { Command } from 'commander'
import type { Context } from '../kit/context.ts'
import { resolveId } from '../kit/resolve-id.ts'
import { type ReadOptions, readingVerb } from '../kit/verb.ts'
import { watchToTheEnd } from '../watch/watch-to-the-end.ts'

export function movesWatch(context: Context): Command {
  return readingVerb({
    usage: 'watch <id>',
    summary: 'follow a move until it has switched, or ended; Ctrl-C leaves it running',
    example: 'moves watch 018f3c2e',
  }).action(async (id: string, options: ReadOptions) => {
    const api = await context.api()
    await watchToTheEnd(context, api, await resolveId(api, 'move', id), options, 'any')
  })
}
