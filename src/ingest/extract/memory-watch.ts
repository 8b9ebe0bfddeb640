import { workerData } from 'node:worker_threads'

/**
 * A thread of the reader's process that ends it when it has taken too much memory, also outside the heap, or when the
 * service is gone: the reader itself may be busy and hear nothing.
 */
const { memoryMb, parentId } = workerData as { readonly memoryMb: number; readonly parentId: number }
const everyMs = 20

setInterval(() => {
  const isTooLarge = process.memoryUsage.rss() > memoryMb * 1024 * 1024
  if (isTooLarge || process.ppid !== parentId) process.kill(process.pid, 'SIGKILL')
}, everyMs)
