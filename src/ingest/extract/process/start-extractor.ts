import { setTimeout as pause } from 'node:timers/promises'
import { AppError } from '../../../errors.ts'
import type { TenantId } from '../../../placement/tenant-id.ts'
import type { ExtractedText, Extractor, FileInput } from '../../extractor.ts'
import { type ExtractCaps, extractCaps } from '../text/caps.ts'
import { type Reader, ReaderGone, startReader } from './start-reader.ts'

interface Options extends Partial<ExtractCaps> {
  /**
   * Concurrent readers; one tenant gets all but one, so that slow files leave a reader to the others. Each reader is a
   * process of about 100 MB, started with the first file that needs it.
   */
  readonly readers?: number
  /** Idle time after which a reader ends. */
  readonly idleMs?: number
}

/** Pauses before a failed start is retried: a machine without capacity for a process has some later. */
const startPausesMs = [200, 400, 800, 1_600, 3_200, 6_400]

interface Waiting {
  readonly file: FileInput
  readonly signal: AbortSignal | undefined
  readonly tenantId: TenantId | undefined
  readonly answer: PromiseWithResolvers<ExtractedText>
}

/** Reads files in separate processes: a hostile file cannot reach the service. */
export function startExtractor({ readers: readersMax = 3, idleMs = 60_000, ...own }: Options = {}): Extractor {
  const caps = { ...extractCaps, ...own }
  const idle = new Map<Reader, NodeJS.Timeout>()
  const busy = new Map<Waiting, Reader | undefined>()
  const waiting: Waiting[] = []
  const ending = new AbortController()

  function takeReader(): Reader {
    for (const [reader, timer] of idle) {
      clearTimeout(timer)
      idle.delete(reader)
      if (reader.isFit) return reader
      void reader.end()
    }
    return startReader(caps)
  }

  function putBack(reader: Reader): void {
    if (!reader.isFit || ending.signal.aborted) return void reader.end()
    reader.hold(false)
    const timer = setTimeout(() => {
      idle.delete(reader)
      void reader.end()
    }, idleMs).unref()
    idle.set(reader, timer)
  }

  async function serve(one: Waiting): Promise<void> {
    busy.set(one, undefined)
    await read(one).then(one.answer.resolve, (fault) => {
      // Its end is ours then, and says nothing of the file.
      one.answer.reject(ending.signal.aborted ? shuttingDown() : fault)
    })
    busy.delete(one)
    next()
  }

  /**
   * Judges a file only by a reader that has read nothing before it. A reader that fails to start is no fault of the
   * file.
   */
  async function read(one: Waiting): Promise<ExtractedText> {
    const signals = one.signal === undefined ? [ending.signal] : [ending.signal, one.signal]
    const signal = AbortSignal.any(signals)
    let isFirst = true
    for (let starts = 0; ; isFirst = false) {
      try {
        return await readBy(isFirst ? takeReader() : startReader(caps), one)
      } catch (fault) {
        if (!(fault instanceof ReaderGone)) throw fault
        const pauseMs = startPausesMs[starts]
        if (fault.why === 'start' && pauseMs !== undefined) {
          starts += 1
          await pause(pauseMs, undefined, { signal }).catch(() => undefined)
        } else if (fault.isFirstFile || (fault.why !== 'memory' && fault.why !== 'crash')) {
          throw judged(fault, caps)
        }
        if (signal.aborted) throw signal.reason
      }
    }
  }

  async function readBy(reader: Reader, one: Waiting): Promise<ExtractedText> {
    busy.set(one, reader)
    reader.hold(true)
    try {
      return await reader.read(one.file, one.signal)
    } finally {
      busy.set(one, undefined)
      putBack(reader)
    }
  }

  function hasItsShare({ tenantId }: Waiting): boolean {
    if (tenantId === undefined) return false
    const own = [...busy.keys()].filter((other) => other.tenantId === tenantId)
    return own.length >= Math.max(1, readersMax - 1)
  }

  function next(): void {
    while (!ending.signal.aborted && busy.size < readersMax) {
      const at = waiting.findIndex((one) => !hasItsShare(one))
      const [one] = at < 0 ? [] : waiting.splice(at, 1)
      if (one === undefined) return
      void serve(one)
    }
  }

  return {
    async extract(file, { signal, tenantId } = {}) {
      signal?.throwIfAborted()
      if (ending.signal.aborted) throw shuttingDown()
      const one = { file, signal, tenantId, answer: Promise.withResolvers<ExtractedText>() }
      const onAbort = (): void => {
        const at = waiting.indexOf(one)
        if (at < 0) return // it is being read: its reader hears of it
        waiting.splice(at, 1)
        one.answer.reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      waiting.push(one)
      next()
      return await one.answer.promise.finally(() => signal?.removeEventListener('abort', onAbort))
    },
    async [Symbol.asyncDispose]() {
      ending.abort()
      for (const { answer } of waiting.splice(0)) answer.reject(shuttingDown())
      for (const timer of idle.values()) clearTimeout(timer)
      await Promise.all([...busy.values(), ...idle.keys()].map((reader) => reader?.end()))
      idle.clear()
    },
  }
}

function shuttingDown(): AppError {
  return new AppError('shutting_down', 'The service is shutting down.')
}

/** The caller's error: the file's fault, or that of a machine without capacity now. */
function judged(fault: ReaderGone, { timeMs, memoryMb }: ExtractCaps): AppError {
  const unreadable = (message: string) => new AppError('unreadable_document', message, { cause: fault })
  switch (fault.why) {
    case 'time':
      return unreadable(`Reading the file takes more than ${timeMs / 1000} s. Split it, or send its text.`)
    case 'memory':
      return unreadable(`Reading the file takes more than ${memoryMb} MB of memory. Split it, or send its text.`)
    case 'crash':
      return unreadable('The file is broken: its reader crashed on it.')
    default:
      return new AppError('service_busy', 'The machine has no capacity to read files now.', { cause: fault })
  }
}
