import type { Command } from 'commander'
import { change } from '../change.ts'
import type { Context } from '../context.ts'
import { showDocument } from '../show.ts'
import { type ChangeOptions, changing } from '../verb.ts'

export function indexesAdd(context: Context): Command {
  return changing({
    usage: 'add',
    summary: 'open the next shared index before the last one is full',
    example: 'indexes add --yes',
  }).action(async (options: ChangeOptions) => {
    const index = await change<object>(context, options, {
      question: 'Make another shared index?',
      request: { method: 'POST', path: '/indexes', body: {} },
    })
    if (index !== undefined) showDocument(context, options, index)
  })
}
