import { parentPort, workerData } from 'node:worker_threads'
import { endings } from './reader-endings.ts'

/**
 * A thread of the reader's process that ends it when it has taken too much memory, also outside the heap, too much time
 * of the processor for one file, or when the service is gone: the reader itself may be busy and hear nothing.
 */
const { memoryMb, parentId } = workerData as { readonly memoryMb: number; readonly parentId: number }
const everyMs = 20
const usedMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
let endsAtMs = Number.POSITIVE_INFINITY
/** A file's time begins, or it was read. */
parentPort?.on('message', (timeMs: number) => {
  endsAtMs = usedMs() + timeMs
})

setInterval(() => {
  if (process.memoryUsage.rss() > memoryMb * 1024 * 1024) process.kill(process.pid, endings.memory)
  if (usedMs() > endsAtMs) process.kill(process.pid, endings.time)
  if (process.ppid !== parentId) process.kill(process.pid, 'SIGKILL')
}, everyMs)
