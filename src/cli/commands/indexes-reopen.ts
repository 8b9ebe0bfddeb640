import type { Command } from 'commander'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { showDocument } from '../kit/show.ts'
import { type ChangeOptions, changing } from '../kit/verb.ts'
import { lookAtIndex } from '../look/look-at-index.ts'

export function indexesReopen(context: Context): Command {
  return changing({
    usage: 'reopen <name>',
    summary: 'reopen a drained index for tenants, and cancel moves out of it that have not begun',
    example: 'indexes reopen tenant-router-pool-1 --yes',
  }).action(async (name: string, options: ChangeOptions) => {
    const stopped = await change<object>(context, options, {
      question: `Reopen index ${name} for tenants?`,
      request: { method: 'DELETE', path: `/indexes/${encodeURIComponent(name)}/drain` },
      look: (api) => lookAtIndex(api, name),
    })
    if (stopped !== undefined) showDocument(context, options, stopped)
  })
}
