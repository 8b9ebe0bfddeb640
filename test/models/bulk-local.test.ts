import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { describe, expect, test, vi } from 'vitest'
import { bulkLocalEmbedder } from '../../src/models/bulk-local.ts'
import { startLocalEmbedder, workerFile } from '../../src/models/local.ts'
import { embedderContract } from '../contracts/embedder.ts'

embedderContract('the local sentence encoder for bulk work', { manyTexts: 40 }, async () => bulkLocalEmbedder())

describe('the local sentence encoder for bulk work', () => {
  /** Gives the threads it starts, to watch them. */
  function watched() {
    const threads: Worker[] = []
    const startWorker = () => {
      const thread = new Worker(workerFile, { workerData: { givesWay: true } })
      threads.push(thread)
      return thread
    }
    return { threads, startWorker }
  }

  test('gives way to the threads that serve, and those keep their priority', async () => {
    await using serving = await startLocalEmbedder()
    await serving.embed(['a question'])
    const before = threadsByNice()
    await using bulk = bulkLocalEmbedder()
    const { vectors } = await bulk.embed(['a record'])
    expect(vectors[0]).toHaveLength(512)
    // Only Linux keeps a priority for each thread.
    const moreAt10 = existsSync('/proc/thread-self') ? 1 : 0
    expect(threadsByNice().at10 - before.at10).toBe(moreAt10)
    expect(threadsByNice().main).toBe(before.main)
  })

  test('has no thread before the first call, and none after it was idle; the next call starts one', async () => {
    const { threads, startWorker } = watched()
    await using bulk = bulkLocalEmbedder({ idleMs: 1, startWorker })
    expect(threads).toHaveLength(0)
    await bulk.embed(['first'])
    const [first] = threads
    if (first === undefined) throw new Error('the first call starts a thread')
    await (first.threadId === -1 ? undefined : once(first, 'exit'))
    expect((await bulk.embed(['second'])).vectors[0]).toHaveLength(512)
    expect(threads).toHaveLength(2)
  })

  test('stays while a call is under way, however long others have ended', async () => {
    const { threads, startWorker } = watched()
    await using bulk = bulkLocalEmbedder({ idleMs: 0, startWorker })
    const many = bulk.embed(Array.from({ length: 60 }, (_, at) => `paragraph ${at}`))
    await bulk.embed(['a short one'])
    expect((await many).vectors).toHaveLength(60)
    expect(threads).toHaveLength(1)
  })

  test('that could not be started fails its call, and the next call starts it anew', async () => {
    const packages = [pathToFileURL(`${tmpdir()}/nothing/`).href, undefined]
    const startWorker = () => new Worker(workerFile, { workerData: { packagesFrom: packages.shift() } })
    await using bulk = bulkLocalEmbedder({ startWorker })
    await expect(bulk.embed(['first'])).rejects.toMatchObject({ code: 'embedding_unavailable' })
    await vi.waitFor(async () => expect((await bulk.embed(['second'])).vectors[0]).toHaveLength(512))
    expect(packages).toHaveLength(0)
  })
})

/** Threads of this process with nice 10, and the nice of its main thread. */
function threadsByNice(): { readonly at10: number; readonly main: number } {
  if (!existsSync('/proc/self/task')) return { at10: 0, main: 0 }
  const niceOf = (id: string) => {
    try {
      return Number(readFileSync(`/proc/self/task/${id}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[16])
    } catch {
      // It has just ended.
      return Number.NaN
    }
  }
  const nices = readdirSync('/proc/self/task').map(niceOf)
  return { at10: nices.filter((nice) => nice === 10).length, main: niceOf(String(process.pid)) }
}
