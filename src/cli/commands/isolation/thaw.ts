import type { Command } from 'commander'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { resolveId } from '../../kit/resolve-id.ts'
import { showDocument } from '../../kit/show.ts'
import { type ChangeOptions, changing } from '../../kit/verb.ts'

export function proveIsolationThaw(context: Context): Command {
  return changing({
    usage: 'thaw <id>',
    summary: 'let moves begin again once what a run found is mended',
    example: 'prove-isolation thaw 018f3c2e --note "fixed in 1.4.2" --yes',
  }).action(async (typed: string, options: ChangeOptions) => {
    const id = await resolveId(await context.api(), 'run', typed)
    const run = await change<object>(context, options, {
      question: `Let moves begin again? Run ${id} found that a tenant reached another.`,
      request: { method: 'POST', path: `/isolation/runs/${encodeURIComponent(id)}/thaw` },
    })
    if (run !== undefined) showDocument(context, options, run)
  })
}
