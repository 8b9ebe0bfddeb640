import type { Command } from 'commander'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { showDocument } from '../kit/show.ts'
import { type AcceptLossOptions, acceptLossOption, steerPath } from '../kit/steer-path.ts'
import { changing } from '../kit/verb.ts'

export function movesCancel(context: Context): Command {
  return changing({
    usage: 'cancel <id>',
    summary: 'cancel a move before its switch; the tenant stays where it is',
    example: 'moves cancel 018f3c2e-5f0a-7cc3-9d53-0c3f4b7a9e11 --yes',
  })
    .addOption(acceptLossOption())
    .action(async (id: string, options: AcceptLossOptions) => {
      const move = await change<object>(context, options, {
        question: `Cancel move ${id}? What was copied is dropped.`,
        request: { method: 'POST', path: steerPath(id, 'cancel', options) },
      })
      if (move !== undefined) showDocument(context, options, move)
    })
}
