import type { Command } from 'commander'
import { change } from '../change.ts'
import type { Context } from '../context.ts'
import type { Move } from '../move.ts'
import { showDocument } from '../show.ts'
import { type ChangeOptions, changing } from '../verb.ts'
import { watchToTheEnd } from '../watch/watch-to-the-end.ts'

interface Options extends ChangeOptions {
  readonly watch: boolean
}

export function promote(context: Context): Command {
  return changing({
    usage: 'promote <id>',
    summary: 'move a tenant from the shared pool to an index of its own while its app goes on',
    example: 'promote acme-bikes --yes',
  })
    .option('--no-watch', 'start the move and come back at once')
    .action(async (id: string, { watch, ...options }: Options) => {
      const move = await change<Move>(context, options, {
        question: `Promote tenant ${id} to an index of its own?`,
        request: { method: 'POST', path: `/tenants/${encodeURIComponent(id)}/moves`, body: { kind: 'promote' } },
      })
      if (move === undefined) return
      if (!watch) {
        showDocument(context, options, move)
        return
      }
      if (!options.json) context.remark(`Move ${move.id} has begun. Ctrl-C leaves it running.`)
      await watchToTheEnd(context, await context.api(), move.id, options, 'switch')
    })
}
