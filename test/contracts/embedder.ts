import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Embedder } from '../../src/models/embedder.ts'

export interface EmbedderContractOptions {
  /** More texts than fit into one batch of the adapter. */
  readonly manyTexts: number
}

/** The contract of every adapter of the Embedder port. */
export function embedderContract(
  name: string,
  { manyTexts }: EmbedderContractOptions,
  open: () => Promise<Embedder>,
): void {
  describe(`the embedder contract, kept by ${name}`, () => {
    let embedder: Embedder
    beforeAll(async () => {
      embedder = await open()
    })
    afterAll(() => embedder?.[Symbol.asyncDispose]())

    test('each text gets a vector of the dimension, in the order of the texts', async () => {
      const texts = ['How do refunds work?', 'The weather is nice today.', 'How do refunds work?']
      const { vectors } = await embedder.embed(texts)
      expect(vectors.map((vector) => vector.length)).toEqual(texts.map(() => embedder.dimension))
      expect(vectors[0]).toEqual(vectors[2])
      expect(vectors[0]).not.toEqual(vectors[1])
    })

    test('a vector is a plain array of numbers, as JSON and the store take it', async () => {
      const { vectors } = await embedder.embed(['plain'])
      expect(vectors.every((vector) => Array.isArray(vector))).toBe(true)
      expect(JSON.parse(JSON.stringify(vectors))).toEqual(vectors)
    })

    test('texts beyond one batch keep their order', async () => {
      const texts = Array.from({ length: manyTexts }, (_, at) => `text number ${at}`)
      const { vectors } = await embedder.embed(texts)
      expect(vectors).toHaveLength(manyTexts)
      for (const at of [0, 1, Math.floor(manyTexts / 2), manyTexts - 1]) {
        const alone = await embedder.embed([`text number ${at}`])
        expectClose(vectors[at], alone.vectors[0])
      }
    })

    test('calls at the same time each get their own', async () => {
      const texts = Array.from({ length: 12 }, (_, at) => `question ${at}`)
      const together = await Promise.all(texts.map((text) => embedder.embed([text])))
      const { vectors } = await embedder.embed(texts)
      together.forEach((answer, at) => {
        expectClose(answer.vectors[0], vectors[at])
      })
    })

    test('tokens are counted, and more text has more of them', async () => {
      const short = await embedder.embed(['one short line'])
      const long = await embedder.embed(['one short line, and then one that goes on for rather longer than that'])
      expect(Number.isInteger(short.tokens)).toBe(true)
      expect(short.tokens).toBeGreaterThan(0)
      expect(long.tokens).toBeGreaterThan(short.tokens)
    })

    test('no text gives no vector and costs nothing', async () => {
      expect(await embedder.embed([])).toEqual({ vectors: [], tokens: 0 })
    })

    test.each([[['']], [[' \n ']], [['', 'something']]])('blank texts %j get vectors of numbers', async (texts) => {
      const { vectors } = await embedder.embed(texts)
      expect(vectors).toHaveLength(texts.length)
      expect(vectors.flat().every(Number.isFinite)).toBe(true)
    })

    test('a signal ends a call with its own reason, and the next call is served', async () => {
      const reason = new Error('the caller left')
      await expect(embedder.embed(['late'], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
      const controller = new AbortController()
      const answer = embedder.embed(['under way'], { signal: controller.signal })
      controller.abort(reason)
      await expect(answer).rejects.toBe(reason)
      expect((await embedder.embed(['next'])).vectors).toHaveLength(1)
    })

    test('what is closed says that the service is shutting down, also to those who wait', async () => {
      const own = await open()
      const waiting = expect(own.embed(['waiting'])).rejects.toMatchObject({ code: 'shutting_down' })
      await own[Symbol.asyncDispose]()
      await waiting
      await expect(own.embed(['late'])).rejects.toMatchObject({ code: 'shutting_down' })
    })
  })
}

/** Arithmetic in another batch may differ in the last bits. */
function expectClose(actual: readonly number[] | undefined, expected: readonly number[] | undefined): void {
  const pairs = (expected ?? []).map((value, at) => Math.abs(value - (actual?.[at] ?? Number.NaN)))
  expect(pairs.length).toBeGreaterThan(0)
  expect(Math.max(...pairs)).toBeLessThan(1e-5)
}
