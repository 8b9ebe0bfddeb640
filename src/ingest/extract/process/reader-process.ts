import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ExtractedText, FileInput } from '../../extractor.ts'
import { readFile } from '../read-file.ts'
import { type ExtractCaps, Unreadable } from '../text/caps.ts'

/** A request to the reader's process, and its answer. */
export interface ReadRequest {
  readonly file: FileInput
  readonly caps: ExtractCaps
}

export type ReadReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'read'; readonly text: ExtractedText; readonly rssMb: number }
  | { readonly kind: 'unreadable'; readonly message: string; readonly rssMb: number }

/**
 * The process that reads files: `start-reader.ts` starts it with a heap limit, `reader-watch.ts` ends it. It has none
 * of the service's settings or connections, and may neither write files nor start processes.
 */
async function answer({ file, caps }: ReadRequest): Promise<ReadReply> {
  watch.postMessage(caps.timeMs)
  const rssMb = () => Math.round(process.memoryUsage.rss() / 1024 / 1024)
  try {
    const text = await readFile(file, caps)
    return { kind: 'read', text, rssMb: rssMb() }
  } catch (fault) {
    const message = fault instanceof Unreadable ? fault.message : 'The file is broken: it cannot be read.'
    return { kind: 'unreadable', message, rssMb: rssMb() }
  } finally {
    watch.postMessage(Number.POSITIVE_INFINITY)
  }
}

const say = (reply: ReadReply) => process.send?.(reply)

process.on('message', async (request: ReadRequest) => say(await answer(request)))
process.on('disconnect', () => process.exit())
// Ctrl-C goes to all of a terminal's processes, a supervisor's signal to all of a group's: the service decides when its
// readers end. One that went first would be taken for a victim of its file.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)
// A reader's forgotten promise is no reason to end: the answer comes all the same, or the time is up.
process.on('unhandledRejection', () => undefined)

const watch = new Worker(new URL('./reader-watch.ts', import.meta.url), {
  workerData: { memoryMb: Number(process.argv[2]), parentId: process.ppid },
})
await once(watch, 'online')
say({ kind: 'ready' })
