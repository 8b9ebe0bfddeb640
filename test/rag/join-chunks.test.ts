import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chunkText } from '../../src/rag/chunks/chunk.ts'
import { joinChunks } from '../../src/rag/chunks/join-chunks.ts'

const plain = (text: string, start: number) => ({ text, start, end: start + text.length, heading: null })

test('chunks stand one after the other, with what was between them', () => {
  expect(joinChunks([])).toBe('')
  expect(joinChunks([plain('Alone.', 7)])).toBe('Alone.')
  expect(joinChunks([plain('One. ', 0), plain('Two.', 5)])).toBe('One. Two.')
  expect(joinChunks([plain('One.', 0), plain('Two.', 5)])).toBe('One. Two.')
  expect(joinChunks([plain('One.', 0), plain('Two.', 8)])).toBe('One.\n\nTwo.')
})

test('what a chunk repeats of the one before stands once, also when it is all of it', () => {
  expect(joinChunks([plain('abc def', 0), plain('def ghi', 4)])).toBe('abc def ghi')
  expect(joinChunks([plain('abc def', 0), plain('def', 4), plain(' ghi', 7)])).toBe('abc def ghi')
})

test('headings over several chunks stand once', () => {
  const under = (heading: string, body: string, start: number) => ({
    text: `${heading}\n\n${body}`,
    start,
    end: start + body.length,
    heading,
  })
  const chunks = [
    under('Help > Returns', 'Thirty days. For all.', 10),
    under('Help > Returns', 'For all. Keep the box.', 23),
    under('Help > Refunds', 'Ten days.', 60),
  ]
  expect(joinChunks(chunks)).toBe(
    'Help > Returns\n\nThirty days. For all. Keep the box.\n\nHelp > Refunds\n\nTen days.',
  )
})

test.each(['tokens', 'sentences', 'markdown'] as const)('no word is lost or doubled, cut by %s', async (strategy) => {
  const word = fc.stringMatching(/^[a-z]{1,8}[.,]?$/)
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 200 }), async (words) => {
      const text = words.join(' ')
      const joined = joinChunks(await chunkText(text, { strategy, tokens: 32, overlap: 8 }))
      expect(joined.split(/\s+/)).toEqual(text.split(/\s+/))
    }),
    { numRuns: 40 },
  )
})
