import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { showDocument } from '../show.ts'
import { type ReadOptions, reading } from '../verb.ts'

export function movesShow(context: Context): Command {
  return reading({
    usage: 'show <id>',
    summary: 'show a move: how far it is, and what it waits for',
    example: 'moves show 018f3c2e-5f0a-7cc3-9d53-0c3f4b7a9e11',
  }).action(async (id: string, options: ReadOptions) => {
    const api = await context.api()
    showDocument(context, options, await api.send({ method: 'GET', path: `/moves/${encodeURIComponent(id)}` }))
  })
}
