import { Worker } from 'node:worker_threads'
import { AppError } from '../../errors.ts'
import type { FileInput } from '../extractor.ts'
import type { SheetRow } from './sheet-rows.ts'
import type { SheetReply } from './sheet-worker.ts'

const memoryMb = 384
const timeMs = 60_000

/**
 * Reads a table that staff sent, in a thread of its own with a limit on memory and time: a workbook of 10,000 rows takes
 * long enough to hold up the requests of tenants, and a hostile one unpacks to more than the service has.
 * @throws AppError `unreadable_document` with a sentence for the sender.
 */
export async function readSheet(file: FileInput): Promise<readonly SheetRow[]> {
  const worker = new Worker(new URL('./sheet-worker.ts', import.meta.url), {
    workerData: { ...file, bytes: Uint8Array.from(file.bytes) },
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  })
  const { promise, resolve, reject } = Promise.withResolvers<SheetReply>()
  const signal = AbortSignal.timeout(timeMs)
  signal.addEventListener('abort', () =>
    reject(unreadable(`Reading the file takes more than ${timeMs / 1000} s. Split it.`)),
  )
  worker.once('message', resolve)
  worker.once('error', (cause) => reject(unreadable('The file is broken, or takes too much memory. Split it.', cause)))
  worker.once('exit', () => reject(unreadable('The file is broken: its reader ended.')))
  try {
    const reply = await promise
    if ('unreadable' in reply) throw unreadable(reply.unreadable)
    return reply.rows
  } finally {
    await worker.terminate()
  }
}

function unreadable(message: string, cause?: unknown): AppError {
  return new AppError('unreadable_document', message, { cause })
}
