import type { AdminApi } from '../kit/admin-api.ts'
import { shortId } from '../kit/cell.ts'
import type { Context } from '../kit/context.ts'
import { CliError, exitCodes } from '../kit/exit-code.ts'
import type { Move } from '../kit/move.ts'
import { printable } from '../kit/printable.ts'
import type { ReadOptions } from '../kit/verb.ts'
import { Connection } from './connection.ts'
import { watchBars, watchOneStage } from './watch-bars.ts'
import { watchLines } from './watch-lines.ts'
import { watchMove } from './watch-move.ts'

/** The end that the command is for; each other one is its failure. */
export type WantedEnd = 'switched' | 'undone' | 'complete' | 'any'

/**
 * Shows a move until it has cut over or ended: a line a stage on a terminal, a line a change elsewhere, a JSON line a
 * change with `--json`.
 * @throws CliError `interrupted` on Ctrl-C, which leaves the move running; `failed` when it had another end than the
 *   wanted one, or the connection was lost for too long.
 */
export async function watchToTheEnd(
  context: Context,
  api: AdminApi,
  id: string,
  options: ReadOptions,
  wanted: WantedEnd,
): Promise<void> {
  const again = `tenant-router moves watch ${idFor(context, id)}`
  const moves = watchMove(api, id, context.interrupted, new Connection(context, 'the move goes on'))
  let last: Move | undefined
  try {
    last = await render(context, moves, options, wanted)
  } catch (error) {
    if (context.interrupted.aborted) {
      throw new CliError('interrupted', `No longer watched; the move goes on. Watch it again with: ${again}`)
    }
    if (!(error instanceof CliError) || error.exitCode === exitCodes.refused) throw error
    throw new CliError('failed', `${error.message}\nHow far the move is, is not known here. Ask again with: ${again}`)
  }
  if (last === undefined) return
  const said = outcome(context, last)
  if (wanted !== 'any' ? said.end !== wanted : said.end === 'failed') throw new CliError('failed', said.sentence)
  if (!options.json) context.remark(said.sentence)
}

/** An id in a command: short for a person, whole for a script. */
export function idFor(context: Context, id: string): string {
  return context.watched ? shortId(id) : id
}

const titles = { undone: 'Go back', complete: 'Delete the old place' } as const

async function render(
  context: Context,
  moves: AsyncIterable<Move>,
  options: ReadOptions,
  wanted: WantedEnd,
): Promise<Move | undefined> {
  if (options.json) {
    let last: Move | undefined
    for await (const move of moves) {
      context.writeJson(move)
      last = move
    }
    return last
  }
  if (!context.watched) return watchLines(context, moves)
  const isOneStage = wanted === 'undone' || wanted === 'complete'
  return isOneStage ? watchOneStage(context, moves, titles[wanted]) : watchBars(context, moves)
}

function outcome(
  context: Context,
  move: Move,
): { readonly end: 'switched' | 'undone' | 'complete' | 'failed'; readonly sentence: string } {
  const { tenantId, kind } = move
  const id = idFor(context, move.id)
  const pause = typeof move.writePauseMs === 'number' ? ` Writes paused for ${move.writePauseMs} ms.` : ''
  switch (move.state) {
    case 'soaking': {
      const back = `Its old place is kept: tenant-router moves rollback ${id}`
      return { end: 'switched', sentence: `Tenant ${tenantId} is served from its new place.${pause} ${back}` }
    }
    case 'completed':
      return { end: 'complete', sentence: `The move of tenant ${tenantId} is complete.${pause}` }
    case 'cancelled':
      return { end: 'undone', sentence: `The move was cancelled; tenant ${tenantId} is where it was.` }
    case 'rolled_back':
      return { end: 'undone', sentence: `The move was rolled back; tenant ${tenantId} is where it was.` }
    default: {
      const why = printable(move.error ?? move.gate ?? 'no reason is known')
      const what = `What it did: tenant-router moves show ${id}`
      const again = `When the cause is gone, begin anew: tenant-router ${kind} ${tenantId}`
      return { end: 'failed', sentence: `The move ${move.state}: ${why}\n${what}\n${again}` }
    }
  }
}
