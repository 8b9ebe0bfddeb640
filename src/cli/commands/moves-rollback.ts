import type { Command } from 'commander'
import { change } from '../change.ts'
import type { Context } from '../context.ts'
import { showDocument } from '../show.ts'
import { type ChangeOptions, changing } from '../verb.ts'

export function movesRollback(context: Context): Command {
  return changing({
    usage: 'rollback <id>',
    summary: 'take the tenant back to where it was before the switch',
    example: 'moves rollback 018f3c2e-5f0a-7cc3-9d53-0c3f4b7a9e11 --yes',
  }).action(async (id: string, options: ChangeOptions) => {
    const move = await change<object>(context, options, {
      question: `Roll move ${id} back? The tenant is served from its old place again.`,
      request: { method: 'POST', path: `/moves/${encodeURIComponent(id)}/rollback` },
    })
    if (move !== undefined) showDocument(context, options, move)
  })
}
