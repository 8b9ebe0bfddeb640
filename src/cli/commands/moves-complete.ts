import type { Command } from 'commander'
import { change } from '../change.ts'
import type { Context } from '../context.ts'
import { showDocument } from '../show.ts'
import { type ChangeOptions, changing } from '../verb.ts'

export function movesComplete(context: Context): Command {
  return changing({
    usage: 'complete <id>',
    summary: 'end the retention early: the old place is deleted and there is no way back',
    example: 'moves complete 018f3c2e-5f0a-7cc3-9d53-0c3f4b7a9e11 --yes',
  }).action(async (id: string, options: ChangeOptions) => {
    const move = await change<object>(context, options, {
      question: `Complete move ${id}? The old place is deleted, and the move can't be rolled back any more.`,
      request: { method: 'POST', path: `/moves/${encodeURIComponent(id)}/complete` },
    })
    if (move !== undefined) showDocument(context, options, move)
  })
}
