import { setTimeout as sleep } from 'node:timers/promises'
import { isEnded } from '../../moves/move-state.ts'
import type { AdminApi } from '../admin-api.ts'
import { CliError, exitCodes } from '../exit-code.ts'
import type { Move } from '../move.ts'

const everyMs = 500
/** A deployment of the service is no reason to stop watching; the move goes on by itself. */
const patienceMs = 120_000

/**
 * The move each time that it changed, until there is nothing more to wait for: it has ended, or it has switched and
 * only the retention of its source is left.
 * @throws when `signal` fires; CliError `refused` when there is no such move.
 */
export async function* watchMove(api: AdminApi, id: string, signal: AbortSignal): AsyncGenerator<Move> {
  let last = ''
  let answeredAt = performance.now()
  for (;;) {
    const move = await ask(api, id).catch((error: unknown) => {
      const away = error instanceof CliError && error.exitCode === exitCodes.failed
      if (!away || performance.now() - answeredAt > patienceMs) throw error
      return undefined
    })
    if (move !== undefined) {
      answeredAt = performance.now()
      const now = JSON.stringify(move)
      if (now !== last) yield move
      last = now
      if (isSettled(move)) return
    }
    await sleep(everyMs, undefined, { signal })
  }
}

function ask(api: AdminApi, id: string): Promise<Move> {
  return api.send<Move>({ method: 'GET', path: `/moves/${encodeURIComponent(id)}` })
}

function isSettled(move: Move): boolean {
  return (move.state === 'soaking' && !move.requested) || isEnded(move.state)
}
