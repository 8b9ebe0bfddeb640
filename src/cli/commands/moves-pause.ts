import type { Command } from 'commander'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { showDocument } from '../kit/show.ts'
import { type ChangeOptions, changing } from '../kit/verb.ts'

export function movesPause(context: Context): Command {
  return changing({
    usage: 'pause <id>',
    summary: 'pause a move before its switch; the app keeps writing',
    example: 'moves pause 018f3c2e-5f0a-7cc3-9d53-0c3f4b7a9e11 --yes',
  }).action(async (id: string, options: ChangeOptions) => {
    const move = await change<object>(context, options, {
      question: `Pause move ${id}? It stays where it is until it is resumed.`,
      request: { method: 'POST', path: `/moves/${encodeURIComponent(id)}/pause` },
    })
    if (move !== undefined) showDocument(context, options, move)
  })
}
