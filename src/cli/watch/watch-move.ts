import { setTimeout as sleep } from 'node:timers/promises'
import { isEnded } from '../../moves/state/move-state.ts'
import type { AdminApi } from '../kit/admin-api.ts'
import type { ServerEvent } from '../kit/event-source.ts'
import type { Move } from '../kit/move.ts'
import type { Connection } from './connection.ts'

const everyMs = 500
/**
 * Yields the move at each change until nothing more can be awaited: it has ended, or it has cut over and only the
 * retention of its source remains. It reads the server's event stream, resumes after the last event when the connection
 * is lost, and polls where there is no stream.
 * @throws when `signal` fires; CliError `refused` when there is no such move.
 */
export async function* watchMove(
  api: AdminApi,
  id: string,
  signal: AbortSignal,
  connection: Connection,
): AsyncGenerator<Move> {
  const path = `/moves/${encodeURIComponent(id)}`
  let lastEventId: string | undefined
  let shown: Move | undefined
  for (;;) {
    // A connection that can't be had, or breaks, is like one that ended; without one the move itself is asked for.
    const stream = shown && (await api.events(`${path}/events`, lastEventId).catch(() => undefined))
    signal.throwIfAborted()
    if (stream === undefined) {
      const move = await ask(api, path).catch((error: unknown) => {
        if (shown === undefined) throw error
        connection.missed(error)
        return undefined
      })
      if (move !== undefined) {
        connection.heard()
        // The states that led here are history by the time a stream reports them.
        lastEventId = undefined
        if (!isSame(move, shown)) yield move
        const first = shown === undefined
        shown = move
        if (isSettled(move)) return
        if (first) continue
      }
    } else {
      let isNews = lastEventId !== undefined
      for await (const event of unbroken(stream)) {
        connection.heard()
        lastEventId = event.id ?? lastEventId
        const now = shownBy(event, shown)
        if (event.event !== 'state') isNews = true
        if (now === undefined || !isNews) continue
        if (!isSame(now, shown)) yield now
        shown = now
        // Only a look at the whole move says that it is settled: a state may be over by now, or its end be asked for.
        if (event.event !== 'state' && isSettled(now)) return
      }
    }
    await sleep(everyMs, undefined, { signal })
  }
}

async function* unbroken(stream: AsyncIterable<ServerEvent> | undefined): AsyncGenerator<ServerEvent> {
  if (stream === undefined) return
  try {
    yield* stream
  } catch {
    // Ended, for the caller; the stream is taken up again where it broke.
  }
}

/** The whole move, or the last known one in its new state. */
function shownBy({ event, data }: ServerEvent, shown: Move | undefined): Move | undefined {
  if (event === 'progress' || event === 'end') return JSON.parse(data)
  if (event !== 'state' || shown === undefined) return undefined
  const { state } = JSON.parse(data) as Pick<Move, 'state'>
  return state === shown.state ? shown : { ...shown, state, gate: null }
}

function isSame(move: Move, shown: Move | undefined): boolean {
  return JSON.stringify(move) === JSON.stringify(shown)
}

function ask(api: AdminApi, path: string): Promise<Move> {
  return api.send<Move>({ method: 'GET', path })
}

function isSettled(move: Move): boolean {
  return (move.state === 'soaking' && !move.requested) || isEnded(move.state)
}
