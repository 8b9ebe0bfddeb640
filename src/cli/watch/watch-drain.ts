import { setTimeout as sleep } from 'node:timers/promises'
import { isEnded } from '../../moves/state/move-state.ts'
import type { AdminApi } from '../kit/admin-api.ts'
import type { Context } from '../kit/context.ts'
import { CliError } from '../kit/exit-code.ts'
import { listAll } from '../kit/list-all.ts'
import type { Move } from '../kit/move.ts'
import { printable } from '../kit/printable.ts'
import type { ReadOptions } from '../kit/verb.ts'
import { Connection } from './connection.ts'
import { drawBar } from './progress-line.ts'

const pollMs = 1_000

/**
 * Follows the moves of a drain until each has cut over or ended: one line on a terminal, a line a move elsewhere, a JSON
 * line a move that is done with `--json`.
 * @throws CliError `interrupted` on Ctrl-C, which leaves them running; `failed` when one had another end
 */
export async function watchDrain(
  context: Context,
  api: AdminApi,
  index: string,
  moves: readonly Move[],
  options: ReadOptions,
): Promise<void> {
  const waiting = new Set(moves.map(({ id }) => id))
  const ended: Move[] = []
  const connection = new Connection(context, 'the moves go on')
  const settle = (move: Move) => {
    waiting.delete(move.id)
    ended.push(move)
    if (options.json) context.writeJson(move)
    else if (!context.watched) context.write(`${new Date().toISOString()} ${move.tenantId} ${move.state}`)
    else if (!isGood(move)) context.write(`– ${move.tenantId}: ${endWords(move)}`)
  }
  const look = async () => {
    const open = await openMoves(api)
    for (const id of [...waiting]) {
      const move = open.get(id) ?? (await api.send<Move>({ method: 'GET', path: `/moves/${id}` }))
      if (isOver(move)) settle(move)
    }
    connection.heard()
    if (!options.json) context.status(statusOf(context, moves.length, ended.length, open, waiting))
  }
  try {
    while (waiting.size > 0) {
      await look().catch((error: unknown) => connection.missed(error))
      if (waiting.size > 0) await sleep(pollMs, undefined, { signal: context.interrupted })
    }
  } catch (error) {
    if (!context.interrupted.aborted) throw error
    const words = `No longer watched; ${waiting.size} of ${moves.length} move(s) go on. See them with`
    throw new CliError('interrupted', `${words}: tenant-router moves list --open`)
  }
  context.status('')
  const bad = ended.filter((move) => !isGood(move))
  const moved = `${ended.length - bad.length} tenant(s) of index ${index} are served from another one.`
  if (bad.length > 0) {
    throw new CliError('failed', `${moved} ${bad.length} are not. Drain it again to queue what is left.`)
  }
  if (!options.json) context.remark(moved)
}

async function openMoves(api: AdminApi): Promise<ReadonlyMap<string, Move>> {
  const { items } = await listAll<Move>(api, '/moves', { open: 'true' }, 1_000)
  return new Map(items.map((move) => [move.id, move]))
}

function isOver({ state, requested }: Move): boolean {
  return (state === 'soaking' && !requested) || isEnded(state)
}

function isGood({ state }: Move): boolean {
  return state === 'soaking' || state === 'completed'
}

function endWords({ state, error }: Move): string {
  return `${state.replaceAll('_', ' ')}${error ? `: ${printable(error)}` : ''}`
}

function statusOf(
  context: Context,
  total: number,
  done: number,
  open: ReadonlyMap<string, Move>,
  waiting: ReadonlySet<string>,
): string {
  const going = [...open.values()].filter((move) => waiting.has(move.id) && move.state !== 'queued')
  const gate = going.find((move) => move.gate)?.gate
  const waits = gate ? `  waits: ${printable(gate)}` : ''
  const words = `${done} of ${total} moved, ${going.length} moving`
  return `… Drain  ${drawBar((100 * done) / total, (context.columns() ?? 80) - words.length - 12)}${words}${waits}`
}
