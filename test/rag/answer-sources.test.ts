import { expect, test } from 'vitest'
import { chooseSources } from '../../src/rag/answers/answer-sources.ts'
import { sourceLine } from '../../src/rag/answers/prompt.ts'
import { countTokens } from '../../src/rag/chunks/count-tokens.ts'
import type { Match } from '../../src/rag/retrieve/match.ts'

const match = (id: string, text: string | null, more: Partial<Match> = {}): Match => ({
  id,
  score: 0.5,
  text,
  documentId: id,
  source: null,
  position: null,
  metadata: {},
  ...more,
})
const words = (count: number, word = 'refund') => `${word} `.repeat(count).trim()

async function chosen(matches: readonly Match[], budget: number) {
  const sources = await chooseSources(matches, budget, countTokens)
  let tokens = 0
  for (const source of sources) tokens += await countTokens(`${sourceLine(source)}\n`)
  return { ids: sources.map(({ id }) => id), numbers: sources.map(({ number }) => number), tokens, sources }
}

test('what certainly fits is taken without counting a token', async () => {
  const never = () => Promise.reject(new Error('counted'))
  const sources = await chooseSources([match('a', 'one'), match('b', 'two')], 500, never)
  expect(sources.map(({ number, id }) => [number, id])).toEqual([
    [1, 'a'],
    [2, 'b'],
  ])
})

test('the best that fit are taken, within the tokens; a long one is passed over for the shorter ones behind it', async () => {
  const { ids, numbers, tokens } = await chosen(
    [match('a', words(60)), match('long', words(500)), match('b', words(60)), match('c', words(60))],
    170,
  )
  expect(ids).toEqual(['a', 'b'])
  expect(numbers).toEqual([1, 2])
  expect(tokens).toBeLessThanOrEqual(170)
})

test.each([words(5_000), 'x'.repeat(200_000), '退款需要十四天'.repeat(2_000), '\u{1F600}'.repeat(5_000)])(
  'the best one is cut when it does not fit by itself',
  async (text) => {
    const { ids, tokens, sources } = await chosen([match('a', text), match('b', text)], 200)
    expect(ids).toEqual(['a'])
    expect(tokens).toBeLessThanOrEqual(200)
    expect(sources[0]?.text.length).toBeGreaterThan(10)
    expect(sources[0]?.text.isWellFormed()).toBe(true)
  },
)

test('a record without text is no source', async () => {
  expect((await chosen([match('a', null), match('b', ' '), match('c', 'text')], 500)).ids).toEqual(['c'])
})

test('the chunks around a match are read with it, in the order of the document', async () => {
  const beside = (text: string) => ({ id: text, text, position: null })
  const neighbours = { before: [beside('first'), beside('second')], after: [beside('fourth')] }
  const { sources } = await chosen([match('a', 'third', { neighbours })], 500)
  expect(sources[0]?.text).toBe('first\n\nsecond\n\nthird\n\nfourth')
})
