import type { Command } from 'commander'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { showDocument } from '../kit/show.ts'
import { type AcceptLossOptions, acceptLossOption, steerPath } from '../kit/steer-path.ts'
import { changing } from '../kit/verb.ts'

export function movesComplete(context: Context): Command {
  return changing({
    usage: 'complete <id>',
    summary: 'end the retention early: the old place is deleted and there is no way back',
    example: 'moves complete 018f3c2e-5f0a-7cc3-9d53-0c3f4b7a9e11 --yes',
  })
    .addOption(acceptLossOption())
    .action(async (id: string, options: AcceptLossOptions) => {
      const move = await change<object>(context, options, {
        question: `Complete move ${id}? The old place is deleted, and the move can't be rolled back any more.`,
        request: { method: 'POST', path: steerPath(id, 'complete', options) },
      })
      if (move !== undefined) showDocument(context, options, move)
    })
}
