import type { AdminApi } from '../kit/admin-api.ts'
import type { Context } from '../kit/context.ts'
import { CliError } from '../kit/exit-code.ts'
import type { Move } from '../kit/move.ts'
import { printable } from '../kit/printable.ts'
import type { ReadOptions } from '../kit/verb.ts'
import { watchLines } from './watch-lines.ts'
import { watchMove } from './watch-move.ts'

/**
 * Shows a move until it has cut over or ended: bars on a terminal, lines elsewhere, a JSON line a change with `--json`.
 * @throws CliError `interrupted` on Ctrl-C, which leaves the move running; `failed` when the move failed, or ended
 *   without the cutover where that was wanted.
 */
export async function watchToTheEnd(
  context: Context,
  api: AdminApi,
  id: string,
  options: ReadOptions,
  wanted: 'switch' | 'any end',
): Promise<void> {
  const moves = watchMove(api, id, context.interrupted)
  let last: Move | undefined
  try {
    last = await render(context, moves, options)
  } catch (error) {
    if (!context.interrupted.aborted) throw error
    throw new CliError('interrupted', `The move goes on. Watch it again with: tenant-router moves watch ${id}`)
  }
  if (last === undefined) return
  const said = outcome(last)
  if (said.end === 'failed' || (said.end === 'undone' && wanted === 'switch')) {
    throw new CliError('failed', said.sentence)
  }
  if (!options.json) context.remark(said.sentence)
}

async function render(context: Context, moves: AsyncIterable<Move>, options: ReadOptions): Promise<Move | undefined> {
  if (options.json) {
    let last: Move | undefined
    for await (const move of moves) {
      context.writeJson(move)
      last = move
    }
    return last
  }
  if (!context.watched) return watchLines(context, moves)
  const { watchBars } = await import('./watch-bars.ts')
  return watchBars(context, moves)
}

function outcome(move: Move): { readonly end: 'switched' | 'undone' | 'failed'; readonly sentence: string } {
  const pause = typeof move.writePauseMs === 'number' ? ` Writes paused for ${move.writePauseMs} ms.` : ''
  switch (move.state) {
    case 'soaking': {
      const back = `Its old place is kept: tenant-router moves rollback ${move.id}`
      return { end: 'switched', sentence: `Tenant ${move.tenantId} is served from its new place.${pause} ${back}` }
    }
    case 'completed':
      return { end: 'switched', sentence: `The move of tenant ${move.tenantId} is complete.${pause}` }
    case 'cancelled':
      return { end: 'undone', sentence: `The move was cancelled; tenant ${move.tenantId} is where it was.` }
    case 'rolled_back':
      return { end: 'undone', sentence: `The move was rolled back; tenant ${move.tenantId} is where it was.` }
    default:
      return {
        end: 'failed',
        sentence: `The move ${move.state}: ${printable(move.error ?? move.gate ?? 'see moves show')}`,
      }
  }
}
