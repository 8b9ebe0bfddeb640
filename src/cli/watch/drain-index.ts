import type { ApiRequest } from '../kit/admin-api.ts'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import type { Move } from '../kit/move.ts'
import { showList } from '../kit/show.ts'
import type { ChangeOptions } from '../kit/verb.ts'

interface Drain {
  readonly index: string
  readonly moves: readonly (Move & Record<string, unknown>)[]
  readonly skipped: readonly { readonly tenantId: string; readonly reason: string }[]
  readonly left: number
}

/** Queues a move for every tenant of a shared index, one batch a call, until none is left. */
export async function drainIndex(context: Context, options: ChangeOptions, index: string): Promise<void> {
  const request: ApiRequest = { method: 'POST', path: `/indexes/${encodeURIComponent(index)}/drain` }
  const question = `Drain index ${index}? It takes no more tenants, and each one in it is moved to another.`
  let drain = await change<Drain>(context, options, { question, request })
  if (drain === undefined) return
  const moves = [...drain.moves]
  const skipped = [...drain.skipped]
  while (drain.left > 0 && drain.moves.length > 0) {
    drain = await (await context.api()).send<Drain>({ ...request, note: options.note })
    moves.push(...drain.moves)
    skipped.push(...drain.skipped)
  }
  if (options.json) {
    context.writeJson({ ...drain, moves, skipped })
    return
  }
  showList(
    context,
    options,
    { items: moves },
    {
      ID: (move) => move.id,
      TENANT: (move) => move.tenantId,
      STATE: (move) => move.state,
      'WAITS FOR': (move) => move.gate ?? '',
    },
  )
  for (const { tenantId, reason } of skipped) context.remark(`Not queued: ${tenantId}. ${reason}`)
  context.remark(`${moves.length} move(s) are queued. Follow them with: tenant-router moves list`)
}
