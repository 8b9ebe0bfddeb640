import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bm25 } from '../../src/lexical/bm25.ts'
import { queryTerms } from '../../src/lexical/query-terms.ts'
import { sparseQuery, sparseText } from '../../src/lexical/sparse.ts'
import { termsOf } from '../../src/lexical/terms.ts'

test('forms of one English or Russian word are one term', () => {
  expect(termsOf('refund refunds refunded')).toEqual(['refund', 'refund', 'refund'])
  expect(new Set(termsOf('Возврат возврата возвраты')).size).toBe(1)
})

test('two spellings of the same letters are one term', () => {
  expect(termsOf('CAFÉ cafe\u0301 ｃａｆｅ́')).toEqual(['café', 'café', 'café'])
})

test('characters that nobody sees part no word', () => {
  expect(termsOf('Soft\u00adware zero\u200bwidth\u2060 \ufeffco\u200dop ‎left‏')).toEqual(
    termsOf('Software zerowidth coop left'),
  )
  expect(queryTerms('demur\u00adrage')).toEqual(queryTerms('demurrage'))
})

test.each([
  ['keys and numbers', 'ERR_1203, BK-77 (v2)', ['err', '1203', 'bk', '77', 'v2']],
  ['what is no word', '— … 👍🏽 !?', []],
  ['names of Object’s own', 'constructor __proto__', ['constructor', 'proto']],
  ['letters with marks', 'Häuser naïve', ['häuser', 'naïve']],
])('%s break nothing', (_, text, terms) => {
  expect(termsOf(text)).toEqual(terms)
})

test.each([
  ['Chinese', '我们提供三十天退款', '退款'],
  ['Japanese', '東京に行きました', '東京'],
  ['Thai', 'ขอบคุณครับ', 'ครับ'],
])('%s, written without spaces, has words all the same', (_, text, word) => {
  expect(termsOf(text).length).toBeGreaterThan(1)
  expect(termsOf(text)).toContain(word)
})

test('a word without end is cut, and meets itself', () => {
  const [term] = termsOf('x'.repeat(10_000))
  expect(term).toHaveLength(64)
})

test('a question is asked by its telling words, each once; one of nothing else keeps them', () => {
  expect(queryTerms('What is the refund policy of the policy?')).toEqual(['refund', 'polici'])
  expect(queryTerms('to be or not to be')).toEqual(['to', 'be', 'or', 'not'])
  expect(queryTerms('…')).toEqual([])
})

test('BM25 puts first the text with the rarer word, and gives 0 where no word is shared', () => {
  const texts = ['bikes and bikes', 'a bike for a refund', 'apples', 'more bikes', '']
  const scores = bm25('bike refund', texts)
  expect(scores[1]).toBe(Math.max(...scores))
  expect([scores[2], scores[4]]).toEqual([0, 0])
  expect(bm25('bike', [])).toEqual([])
})

test('a further occurrence adds less than the one before', () => {
  const weight = (count: number) =>
    sparseText(`${'bike '.repeat(count)}${'filler '.repeat(100 - count)}`)?.values[0] ?? 0
  const [one, two, three] = [weight(1), weight(2), weight(3)]
  expect(two).toBeGreaterThan(one)
  expect(three - two).toBeLessThan(two - one)
  expect(weight(50)).toBeLessThan(2.2)
})

test('the numbers of terms are what they were: stored vectors are asked with them', () => {
  expect(sparseQuery('refund bike')?.indices).toEqual([3010145227, 1866850128])
})

test('a text without words has no sparse vector', () => {
  expect(sparseText('… 👍')).toBeUndefined()
  expect(sparseQuery('?')).toBeUndefined()
})

test('whatever a text holds, its sparse vector is one that the store takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
      const vector = sparseText(text)
      if (vector === undefined) return
      expect(vector.values).toHaveLength(vector.indices.length)
      expect(new Set(vector.indices).size).toBe(vector.indices.length)
      expect(vector.indices.every((index) => Number.isInteger(index) && index >= 0 && index < 2 ** 32)).toBe(true)
      expect(vector.values.every((value) => value > 0 && Number.isFinite(value))).toBe(true)
    }),
  )
})

test('a text of very many words stays within the store’s limit', () => {
  const text = Array.from({ length: 5_000 }, (_, at) => `w${at}`).join(' ')
  expect(sparseText(text)?.indices).toHaveLength(1_000)
})
