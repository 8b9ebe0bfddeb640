import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chunkText } from '../../src/rag/chunks/chunk.ts'
import { type ChunkRule, chunkStrategies } from '../../src/rag/chunks/chunk-rule.ts'
import { sizeOf } from '../../src/rag/chunks/chunk-size.ts'

const word = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[a-z]{1,12}$/) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('🚲', '速度很快。', 'naïve', '\ud83d', 'x'.repeat(700), '```', '~~~', '#', '...'),
  },
)
const blank = fc.constantFrom(
  ' ',
  ' ',
  ' ',
  '. ',
  '! ',
  '\n',
  '\n\n',
  '\r\n',
  '\r\n\r\n',
  '\n# ',
  '\n## ',
  '\n#### ',
  '',
)
const text = fc
  .array(fc.tuple(word, blank), { maxLength: 300 })
  .map((parts) => parts.map(([first, second]) => first + second).join(''))
const rule: fc.Arbitrary<ChunkRule> = fc
  .record({ strategy: fc.constantFrom(...chunkStrategies), tokens: fc.integer({ min: 32, max: 200 }), part: fc.nat(4) })
  .map(({ strategy, tokens, part }) => ({ strategy, tokens, overlap: Math.floor((tokens * part) / 8) }))

const isHeadingLine = /^ {0,3}#{1,6}[ \t]/

test('chunks keep to their size, their offsets are of their own words, and nothing that is not blank is lost', async () => {
  await fc.assert(
    fc.asyncProperty(text, rule, async (text, rule) => {
      const chunks = await chunkText(text, rule)
      const covered = new Uint8Array(text.length)
      for (const [at, { text: whole, start, end, heading }] of chunks.entries()) {
        const own = text.slice(start, end)
        expect(own.trim()).toBe(own)
        expect(own).not.toBe('')
        const prefix = rule.strategy === 'markdown' && heading !== null ? `${heading}\n\n` : ''
        expect(whole).toBe(prefix + own)
        expect(sizeOf(whole).tokens).toBeLessThanOrEqual(rule.tokens)
        expect(Buffer.byteLength(whole)).toBeLessThanOrEqual(rule.tokens * 8)
        for (const edge of [start, end]) expect(isInsidePair(text, edge)).toBe(false)
        // In the order of the text; what one repeats of the one before is never all of it.
        expect(start).toBeGreaterThanOrEqual(chunks[at - 1]?.start ?? 0)
        expect(end).toBeGreaterThan(chunks[at - 1]?.end ?? 0)
        covered.fill(1, start, end)
      }
      let lineStart = 0
      for (const line of text.split(/(?<=\n)|(?<=\r)(?!\n)/)) {
        // Cut at headings, a heading stands above its chunks instead.
        if (rule.strategy !== 'markdown' || !isHeadingLine.test(line)) {
          for (let at = lineStart; at < lineStart + line.length; at += 1) {
            if (text.charAt(at).trim() !== '') expect(covered[at], `${at} of ${JSON.stringify(text)}`).toBe(1)
          }
        }
        lineStart += line.length
      }
    }),
    { numRuns: 300 },
  )
}, 120_000)

function isInsidePair(text: string, at: number): boolean {
  return /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) && /[\uDC00-\uDFFF]/.test(text.charAt(at))
}
