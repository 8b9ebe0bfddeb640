import type { ApiRequest } from '../kit/admin-api.ts'
import { generatedId } from '../kit/cell.ts'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import type { Move } from '../kit/move.ts'
import { showList } from '../kit/show.ts'
import type { ChangeOptions } from '../kit/verb.ts'
import { lookAtIndex } from '../look/look-at-index.ts'
import { watchDrain } from './watch-drain.ts'

interface Drain {
  readonly index: string
  readonly moves: readonly (Move & Record<string, unknown>)[]
  readonly skipped: readonly { readonly tenantId: string; readonly reason: string }[]
  readonly left: number
}

interface DrainOptions extends ChangeOptions {
  readonly watch: boolean
}

/** Queues a move for every tenant of a shared index, one batch a call, until none is left, and watches them go. */
export async function drainIndex(context: Context, options: DrainOptions, index: string): Promise<void> {
  const path = `/indexes/${encodeURIComponent(index)}`
  const request: ApiRequest = { method: 'POST', path: `${path}/drain` }
  const question = `Drain index ${index}? It takes no more tenants, and each one in it is moved to another.`
  let drain = await change<Drain>(context, options, { question, request, look: (api) => lookAtIndex(api, index) })
  if (drain === undefined) return
  const moves = [...drain.moves]
  const skipped = [...drain.skipped]
  while (drain.left > 0 && drain.moves.length > 0) {
    drain = await (await context.api()).send<Drain>({ ...request, note: options.note })
    moves.push(...drain.moves)
    skipped.push(...drain.skipped)
  }
  if (options.json) context.writeJson({ ...drain, moves, skipped })
  else tell(context, options, moves, skipped)
  if (options.watch && moves.length > 0) await watchDrain(context, await context.api(), index, moves, options)
}

function tell(
  context: Context,
  options: DrainOptions,
  moves: readonly (Move & Record<string, unknown>)[],
  skipped: Drain['skipped'],
): void {
  for (const { tenantId, reason } of skipped) context.remark(`Not queued: ${tenantId}. ${reason}`)
  if (options.watch) {
    context.remark(`${moves.length} move(s) are queued. Ctrl-C leaves them running.`)
    return
  }
  showList(
    context,
    options,
    { items: moves },
    {
      ID: (move) => generatedId(move.id),
      TENANT: (move) => move.tenantId,
      STATE: (move) => move.state,
      'WAITS FOR': (move) => move.gate ?? '',
    },
  )
  context.remark(`${moves.length} move(s) are queued. Follow them with: tenant-router moves list --open`)
}
