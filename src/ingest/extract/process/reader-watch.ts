import { parentPort, workerData } from 'node:worker_threads'
import { endings } from './reader-endings.ts'

/**
 * A thread that ends its reader process when that has used too much memory, in or outside the heap, or too much
 * processor time for one file, or when the service is gone. The reader itself may be too busy to react.
 */
const { memoryMb, parentId } = workerData as { readonly memoryMb: number; readonly parentId: number }
const everyMs = 20
const usedMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
let endsAtMs = Number.POSITIVE_INFINITY
/** Starts a file's time, or ends it. */
parentPort?.on('message', (timeMs: number) => {
  endsAtMs = usedMs() + timeMs
})

setInterval(() => {
  if (process.memoryUsage.rss() > memoryMb * 1024 * 1024) process.kill(process.pid, endings.memory)
  if (usedMs() > endsAtMs) process.kill(process.pid, endings.time)
  if (process.ppid !== parentId) process.kill(process.pid, 'SIGKILL')
}, everyMs)
