import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import type { Socket } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '../../../errors.ts'
import type { ExtractedText, FileInput } from '../../extractor.ts'
import type { ExtractCaps } from '../text/caps.ts'
import { endings } from './reader-endings.ts'
import type { ReadReply, ReadRequest } from './reader-process.ts'

/** A process that reads one file at a time. */
export interface Reader {
  /** False once it has ended, or has grown too large for another file. */
  readonly isFit: boolean
  /** @throws AppError `unreadable_document`; ReaderGone; the signal's reason. */
  read(file: FileInput, signal: AbortSignal | undefined): Promise<ExtractedText>
  /** Sets whether it keeps the service's process alive. */
  hold(isHeld: boolean): void
  end(): Promise<void>
}

/**
 * `start`: it never came up; `killed`: by the kernel or a person; `hung`: no answer, and no processor time used. These
 * three do not incriminate the file. The others do, if the reader had read nothing before.
 */
type Ending = 'start' | 'killed' | 'hung' | 'time' | 'memory' | 'crash'

/** The reader ended without an answer. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone'
  readonly why: Ending
  /** Whether it was the reader's first file. */
  readonly isFirstFile: boolean

  constructor(why: Ending, told: string, isFirstFile = true) {
    super(`the reader of files ended (${why}): ${told}`)
    this.why = why
    this.isFirstFile = isFirstFile
  }
}

/** Limits so long that only a hanging process reaches them: the machine's load must not decide. */
const startMs = 300_000
const hungMs = 1_200_000
/** Files of one reader, at most, so that leaks do not accumulate. */
const filesMax = 200
/** Characters kept of a reader's output before it is ready: no file has reached it by then. */
const complaintMax = 2_000

const entry = fileURLToPath(new URL('./reader-process.ts', import.meta.url))
/** Folders that it may read: this package, and its dependencies, in a folder of its own or beside it. */
const home = fileURLToPath(new URL('../../../../', import.meta.url))
const beside = basename(dirname(home)) === 'node_modules' ? dirname(home) : undefined
const roots = [home, join(home, 'node_modules'), beside]
  .filter((folder) => folder !== undefined)
  .filter((folder) => existsSync(folder))
  .map((folder) => realpathSync(folder))

/** @throws ReaderGone `start`, which may also come with the first file. */
export function startReader(caps: ExtractCaps): Reader {
  const child = forked(caps)
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.on('error', () => resolve())
  })
  let complaint = ''
  let isReady = false
  child.stderr?.on('data', (bytes: Buffer) => {
    if (!isReady) complaint = (complaint + bytes).slice(0, complaintMax)
  })
  const ready = next(child, startMs, undefined).then(() => {
    isReady = true
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
        const answer = next(child, hungMs, signal)
        // The exit of a child that is gone reports it.
        child.send({ file, caps } satisfies ReadRequest, () => undefined)
        const reply = await answer
        if (reply.kind === 'ready') throw new Ended('crash', 'it was ready twice')
        isGrown = reply.rssMb > caps.memoryMb / 2
        if (reply.kind === 'unreadable') throw new AppError('unreadable_document', reply.message)
        return reply.text
      } catch (fault) {
        if (fault instanceof AppError) throw fault
        await kill()
        if (!(fault instanceof Ended)) throw fault
        if (!isReady) throw new ReaderGone('start', `${fault.message}. ${complaint}`.trim())
        throw new ReaderGone(fault.why, fault.message, files === 1)
      }
    },
    hold(isHeld) {
      // Its pipe is a socket, whose type does not say so.
      const pipe = child.stderr as Socket | null
      for (const one of [child, child.channel, pipe]) isHeld ? one?.ref() : one?.unref()
    },
    end: kill,
  }
}

class Ended extends Error {
  readonly why: Exclude<Ending, 'start'>

  constructor(why: Ended['why'], told: string) {
    super(told)
    this.why = why
  }
}

/** Endings by signal, sent by the watch in the reader or by V8; see `reader-watch.ts`. */
const signals: Readonly<Record<string, Ended['why']>> = {
  [endings.memory]: 'memory',
  SIGABRT: 'memory', // the heap's own cap
  [endings.time]: 'time',
  SIGKILL: 'killed',
  SIGTERM: 'killed',
}

/** The child's next message. @throws Ended, or the signal's reason. */
function next(child: ChildProcess, withinMs: number, signal: AbortSignal | undefined): Promise<ReadReply> {
  const { promise, resolve, reject } = Promise.withResolvers<ReadReply>()
  const onExit = (code: number | null, ending: string | null) =>
    reject(new Ended(signals[ending ?? ''] ?? 'crash', `code ${code}, signal ${ending}`))
  const onError = (error: Error) => reject(new Ended('crash', error.message))
  const onAbort = () => reject(signal?.reason)
  const timer = setTimeout(() => reject(new Ended('hung', `no word in ${withinMs / 1000} s`)), withinMs)
  child.once('message', resolve).once('exit', onExit).once('error', onError)
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted) onAbort()
  return promise.finally(() => {
    clearTimeout(timer)
    child.off('message', resolve).off('exit', onExit).off('error', onError)
    signal?.removeEventListener('abort', onAbort)
  })
}

function forked(caps: ExtractCaps): ChildProcess {
  try {
    return fork(entry, [String(caps.memoryMb)], {
      execArgv: [
        // The last resort: a heap that is full ends the process less quietly than the watch on all of its memory.
        `--max-old-space-size=${caps.memoryMb}`,
        '--permission',
        '--allow-worker',
        ...roots.map((root) => `--allow-fs-read=${root}`),
        '--no-warnings',
      ],
      env: {}, // nothing of ours: no key, no password
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
  } catch (cause) {
    throw new ReaderGone('start', String(cause)) // a machine without memory or processes left
  }
}
