import { type ChildProcess, fork } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AppError } from '../../errors.ts'
import type { ExtractedText, FileInput } from '../extractor.ts'
import type { ExtractCaps } from './caps.ts'
import type { ReadReply, ReadRequest } from './reader-process.ts'

/** A process that reads one file at a time. */
export interface Reader {
  /** False once it has ended, or has grown so much that the next file deserves a new one. */
  readonly isFit: boolean
  /** @throws AppError `unreadable_document`; the signal's reason; `internal` when no process can be started. */
  read(file: FileInput, signal: AbortSignal | undefined): Promise<ExtractedText>
  /** Whether it keeps the service's process alive. */
  hold(isHeld: boolean): void
  end(): Promise<void>
}

const startMs = 60_000
/** What a file leaves behind in its reader does not pile up. */
const filesMax = 200

const entry = fileURLToPath(new URL('./reader-process.ts', import.meta.url))
/** All that it may read: this package, and the packages it stands on. */
const roots = [new URL('../../../', import.meta.url), new URL('../../../node_modules/', import.meta.url)].map((url) =>
  realpathSync(fileURLToPath(url)),
)

export function startReader(caps: ExtractCaps): Reader {
  const child = fork(entry, [String(caps.memoryMb)], {
    execArgv: [
      // The last resort: a heap that is full ends the process less quietly than the watch on all of its memory.
      `--max-old-space-size=${caps.memoryMb}`,
      ...['--permission', '--allow-worker', ...roots.map((root) => `--allow-fs-read=${root}`)],
      '--no-warnings',
    ],
    env: {}, // nothing of ours: no key, no password
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.on('error', () => resolve())
  })
  const ready = next(child, startMs, undefined).then((reply) => {
    if (reply.kind !== 'ready') throw new Gone('start')
  })
  ready.catch(() => undefined) // told to whoever reads
  let files = 0
  let isGrown = false
  const kill = async (): Promise<void> => {
    child.ref()
    child.kill('SIGKILL')
    await ended
  }
  return {
    get isFit() {
      return !isGrown && files < filesMax && child.connected && child.exitCode === null && child.signalCode === null
    },
    async read(file, signal) {
      files += 1
      try {
        await ready
      } catch (cause) {
        await kill()
        throw new AppError('internal', 'The process that reads files could not be started.', { cause })
      }
      try {
        const answer = next(child, caps.timeMs, signal)
        // A child that is gone already is told by its exit.
        child.send({ file, caps } satisfies ReadRequest, () => undefined)
        const reply = await answer
        if (reply.kind === 'ready') throw new Gone('crash')
        isGrown = reply.rssMb > caps.memoryMb / 2
        if (reply.kind === 'unreadable') throw new AppError('unreadable_document', reply.message)
        return reply.text
      } catch (fault) {
        if (fault instanceof AppError) throw fault
        await kill()
        throw fault instanceof Gone
          ? new AppError('unreadable_document', words(fault.why, caps), { cause: fault })
          : fault
      }
    },
    hold(isHeld) {
      for (const one of [child, child.channel]) isHeld ? one?.ref() : one?.unref()
    },
    end: kill,
  }
}

class Gone extends Error {
  readonly why: 'start' | 'time' | 'memory' | 'crash'

  constructor(why: Gone['why']) {
    super(`the reader is gone: ${why}`)
    this.why = why
  }
}

function words(why: Gone['why'], { timeMs, memoryMb }: ExtractCaps): string {
  switch (why) {
    case 'time':
      return `Reading the file takes more than ${timeMs / 1000} s. Split it, or send its text.`
    case 'memory':
      return `Reading the file takes more than ${memoryMb} MB of memory. Split it, or send its text.`
    default:
      return 'The file is broken: its reader fell over it.'
  }
}

/** The child's next message. @throws Gone, or the signal's reason. */
function next(child: ChildProcess, withinMs: number, signal: AbortSignal | undefined): Promise<ReadReply> {
  const { promise, resolve, reject } = Promise.withResolvers<ReadReply>()
  // The heap's own cap ends it by SIGABRT, the watch on all of its memory, or the kernel, by SIGKILL.
  const onExit = (_: unknown, ending: unknown) =>
    reject(new Gone(ending === 'SIGKILL' || ending === 'SIGABRT' ? 'memory' : 'crash'))
  const onError = () => reject(new Gone('crash'))
  const onAbort = () => reject(signal?.reason)
  const timer = setTimeout(() => reject(new Gone('time')), withinMs)
  child.once('message', resolve).once('exit', onExit).once('error', onError)
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted) onAbort()
  return promise.finally(() => {
    clearTimeout(timer)
    child.off('message', resolve).off('exit', onExit).off('error', onError)
    signal?.removeEventListener('abort', onAbort)
  })
}
