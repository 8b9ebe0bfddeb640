import type { Command } from 'commander'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { showDocument } from '../kit/show.ts'
import { type AcceptLossOptions, acceptLossOption, steerPath } from '../kit/steer-path.ts'
import { changing } from '../kit/verb.ts'

export function movesRollback(context: Context): Command {
  return changing({
    usage: 'rollback <id>',
    summary: 'return the tenant to the place it had before the switch',
    example: 'moves rollback 018f3c2e-5f0a-7cc3-9d53-0c3f4b7a9e11 --yes',
  })
    .addOption(acceptLossOption())
    .action(async (id: string, options: AcceptLossOptions) => {
      const move = await change<object>(context, options, {
        question: `Roll move ${id} back? The tenant is served from its old place again.`,
        request: { method: 'POST', path: steerPath(id, 'rollback', options) },
      })
      if (move !== undefined) showDocument(context, options, move)
    })
}
