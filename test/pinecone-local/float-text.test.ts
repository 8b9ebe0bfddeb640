import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { floatText } from '../../src/pinecone-local/shapes/float-text.ts'
import { call, makeIndex, query, startServer, upsert } from './harness.ts'

/** The definition itself, by trying. */
function shortest(float: number): string {
  for (let digits = 1; digits <= 9; digits++) {
    const decimal = Number(float.toPrecision(digits))
    if (Math.fround(decimal) === float) return String(decimal)
  }
  throw new Error(`${float} is no float32`)
}

describe('a float32 as text', () => {
  test.each([0, 0.4, 0.1, -0.3, 1, 1e-7, 16777216, 3.4028234663852886e38, 1.401298464324817e-45, 0.000012345, 8.5e17])(
    '%d reads back, and is the shortest that does',
    (value) => {
      const float = Math.fround(value)
      expect(Math.fround(Number(floatText(float)))).toBe(float)
      expect(floatText(float)).toHaveLength(shortest(float).length)
    },
  )

  test('reads back and is the shortest that does, whatever its bits', () => {
    const float = fc.float({ noNaN: true, noDefaultInfinity: true }).filter((value) => value !== 0)
    fc.assert(
      fc.property(float, (value) => {
        expect(Math.fround(Number(floatText(value)))).toBe(value)
        expect(floatText(value)).toHaveLength(shortest(value).length)
      }),
      { numRuns: 20_000 },
    )
  })
})

test('values and scores are answered as they were written', async () => {
  const host = await makeIndex(await startServer(), { metric: 'dotproduct' })
  const sparseValues = { indices: [3], values: [0.7] }
  await upsert(host, [{ id: 'x', values: [0.4, -0.3], sparseValues }])
  const { text } = await query(host, { vector: [1, 0], includeValues: true })
  expect(text).toContain('"score":0.4,')
  expect(text).toContain('"values":[0.4,-0.3]')
  const fetched = await call(`${host}/vectors/fetch?ids=x&namespace=a`, 'GET')
  expect(fetched.body.vectors.x).toEqual({ id: 'x', values: [0.4, -0.3], sparseValues })
})
