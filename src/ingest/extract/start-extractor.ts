import { AppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { ExtractedText, Extractor, FileInput } from '../extractor.ts'
import { type ExtractCaps, extractCaps } from './caps.ts'
import { type Reader, startReader } from './start-reader.ts'

interface Options extends Partial<ExtractCaps> {
  /**
   * Files read at once, one less of each tenant: files that take all of their time leave a reader to the others. Each
   * reader is a process of about 100 MB, started with the first file that needs it.
   */
  readonly readers?: number
  /** After so long without a file a reader is let go. */
  readonly idleMs?: number
}

interface Waiting {
  readonly file: FileInput
  readonly signal: AbortSignal | undefined
  readonly tenantId: TenantId | undefined
  readonly answer: PromiseWithResolvers<ExtractedText>
}

/** Reads files in processes of their own: nothing that a file does there reaches the service. */
export function startExtractor({ readers: readersMax = 3, idleMs = 60_000, ...own }: Options = {}): Extractor {
  const caps = { ...extractCaps, ...own }
  const idle = new Map<Reader, NodeJS.Timeout>()
  const busy = new Map<Reader, TenantId | undefined>()
  const waiting: Waiting[] = []
  let isEnding = false

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
    busy.delete(reader)
    if (!reader.isFit || isEnding) return void reader.end()
    reader.hold(false)
    const timer = setTimeout(() => {
      idle.delete(reader)
      void reader.end()
    }, idleMs).unref()
    idle.set(reader, timer)
  }

  async function serve({ file, signal, tenantId, answer }: Waiting): Promise<void> {
    const reader = takeReader()
    busy.set(reader, tenantId)
    reader.hold(true)
    await reader.read(file, signal).then(answer.resolve, (fault) => {
      // Its end is ours then, and says nothing of the file.
      answer.reject(isEnding ? shuttingDown() : fault)
    })
    putBack(reader)
    next()
  }

  function hasItsShare({ tenantId }: Waiting): boolean {
    if (tenantId === undefined) return false
    const own = [...busy.values()].filter((other) => other === tenantId)
    return own.length >= Math.max(1, readersMax - 1)
  }

  function next(): void {
    while (!isEnding && busy.size < readersMax) {
      const at = waiting.findIndex((one) => !hasItsShare(one))
      const [one] = at < 0 ? [] : waiting.splice(at, 1)
      if (one === undefined) return
      void serve(one)
    }
  }

  return {
    async extract(file, { signal, tenantId } = {}) {
      signal?.throwIfAborted()
      if (isEnding) throw shuttingDown()
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
      isEnding = true
      for (const { answer } of waiting.splice(0)) answer.reject(shuttingDown())
      for (const timer of idle.values()) clearTimeout(timer)
      await Promise.all([...busy.keys(), ...idle.keys()].map((reader) => reader.end()))
      idle.clear()
    },
  }
}

function shuttingDown(): AppError {
  return new AppError('shutting_down', 'The service is shutting down.')
}
