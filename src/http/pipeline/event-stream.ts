import { type Clock, systemClock } from '../../clock.ts'
import type { Reply } from './route.ts'

type Events = NonNullable<Reply['events']>
type Event = Events extends AsyncIterable<infer E> ? E : never

export interface EventStreamOptions {
  /** Interval of comments, so that no intermediary takes silence for the end. */
  readonly heartbeatMs?: number
  /** Data of the stream's last event, `error`, when the source fails. */
  readonly onError: (error: unknown) => unknown
  /** Called once, however the stream ends: done, failed, disconnected or stopped. */
  readonly onEnd: () => void
  /** Ends the stream when the service shuts down. */
  readonly stop: AbortSignal
}

/** Heartbeats without any read, after which the caller counts as gone: a stream occupies a slot among the requests. */
const idleBeatsMax = 8

const encoder = new TextEncoder()

/**
 * Server-sent events (HTML standard, section 9.2), pulled no faster than the caller reads. A caller that reads nothing
 * for two minutes is cut off.
 */
export function eventStream(events: Events, options: EventStreamOptions): ReadableStream<Uint8Array> {
  const source = events[Symbol.asyncIterator]()
  const stopped = Promise.withResolvers<void>()
  let heartbeat: ReturnType<Clock['every']> | undefined
  let ended = false
  let gone = false
  let idleBeats = 0
  const end = () => {
    if (ended) return
    ended = true
    heartbeat?.stop()
    options.stop.removeEventListener('abort', end)
    stopped.resolve()
    // A source that waits is woken by the call's signal, which `onEnd` fires; its cleanup is not waited for.
    options.onEnd()
    source.return?.().catch(() => undefined)
  }
  /** The next frame; undefined when the source ended or the stream was stopped. */
  const nextFrame = async (): Promise<string | undefined> => {
    try {
      const next = await Promise.race([stopped.promise, source.next()])
      return next === undefined || next.done === true ? undefined : frame(next.value)
    } catch (error) {
      if (ended) return undefined
      const last = frame({ event: 'error', data: options.onError(error) })
      end()
      return last
    }
  }
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(': open\n\n'))
        heartbeat = systemClock.every(options.heartbeatMs ?? 15_000, () => {
          if ((controller.desiredSize ?? 0) > 0) return controller.enqueue(encoder.encode(': \n\n'))
          idleBeats += 1
          if (idleBeats < idleBeatsMax) return
          gone = true
          end()
          controller.error(new Error('nobody reads the events'))
        })
        if (options.stop.aborted) end()
        else options.stop.addEventListener('abort', end, { once: true })
      },
      async pull(controller) {
        idleBeats = 0
        const text = await nextFrame()
        if (gone) return
        if (text !== undefined) controller.enqueue(encoder.encode(text))
        if (text === undefined || ended) {
          end()
          controller.close()
        }
      },
      cancel() {
        gone = true
        end()
      },
    },
    { highWaterMark: 1 },
  )
}

function frame(event: Event): string {
  const id = event.id === undefined ? '' : `id: ${oneLine(event.id)}\n`
  return `${id}event: ${oneLine(event.event)}\ndata: ${JSON.stringify(event.data)}\n\n`
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, ' ')
}
