import type { Command } from 'commander'
import type { AdminApi } from '../../kit/admin-api.ts'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { resolveId } from '../../kit/resolve-id.ts'
import { showDocument } from '../../kit/show.ts'
import { type ChangeOptions, changing } from '../../kit/verb.ts'
import type { IsolationRun } from './isolation-run.ts'

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
      look: (api) => lookAtRun(api, id),
    })
    if (run !== undefined) showDocument(context, options, run)
  })
}

async function lookAtRun(api: AdminApi, id: string): Promise<readonly string[]> {
  const path = `/isolation/runs/${encodeURIComponent(id)}`
  const { state, isFreezing } = await api.send<IsolationRun>({ method: 'GET', path })
  return [`Run ${id} is ${state}, and ${isFreezing ? 'freezes moves' : 'freezes no move'} now.`]
}
