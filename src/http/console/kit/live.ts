import { setTimeout as sleep } from 'node:timers/promises'
import { streamSSE } from 'hono/streaming'
import { toAppError } from '../../pipeline/problem.ts'
import type { Html } from './html.ts'
import type { Visit } from './visit.ts'

export interface LiveState {
  readonly html: Html
  /** Nothing will change any more: the stream ends. */
  readonly isOver: boolean
}

const lookEveryMs = 700
const beatEveryMs = 15_000

/**
 * A part of a page that follows what happens, by server-sent events: each change is sent as the whole part, and htmx
 * merges it into the page. It ends with the session, and when the service stops; the browser then connects to another
 * replica.
 */
export function livePart(visit: Visit, look: () => Promise<LiveState>): Response {
  const { context, session, signal } = visit
  // nginx would otherwise hold events back.
  context.header('x-accel-buffering', 'no')
  context.header('x-content-type-options', 'nosniff')
  return streamSSE(context, async (stream) => {
    let shown = ''
    let saidMs = 0
    while (!signal.aborted && !stream.aborted && Date.now() < session.untilMs) {
      const state = await look().catch(passing)
      const text = state === undefined ? shown : String(await state.html)
      if (text !== shown) await stream.writeSSE({ data: text })
      else if (Date.now() - saidMs > beatEveryMs) await stream.write(': \n\n')
      if (text !== shown || Date.now() - saidMs > beatEveryMs) saidMs = Date.now()
      shown = text
      if (state?.isOver === true) {
        await stream.writeSSE({ event: 'over', data: '' })
        return
      }
      await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined)
    }
  })
}

/** A fault that passes, as of a registry that restarts: the page keeps what it shows, and the next look tries again. */
function passing(thrown: unknown): undefined {
  const { code } = toAppError(thrown)
  if (code !== 'registry_unavailable') throw thrown
  return undefined
}
