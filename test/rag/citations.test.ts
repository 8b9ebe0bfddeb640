import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CitationCheck } from '../../src/rag/answers/citations.ts'

function check(sources: number, ...pieces: string[]) {
  const citations = new CitationCheck(sources)
  const said = pieces.map((piece) => citations.push(piece))
  return { text: said.join('') + citations.end(), cited: citations.cited, removed: citations.removed }
}

test.each<[string, string, number[], number[]]>([
  ['It takes 14 days [1].', 'It takes 14 days [1].', [1], []],
  ['It takes 14 days[2][1].', 'It takes 14 days[2][1].', [1, 2], []],
  ['It takes 14 days [3].', 'It takes 14 days.', [], [3]],
  ['It takes 14 days [1, 3, 2].', 'It takes 14 days [1, 2].', [1, 2], [3]],
  ['Since [2024] and in list[0].', 'Since [2024] and in list[0].', [], []],
  ['An open end [', 'An open end [', [], []],
  ['An open end [1', 'An open end [1', [], []],
  ['[9]', '', [], [9]],
  ['[a link](x) [ ] [1,]', '[a link](x) [ ] [1,]', [], []],
])('of two sources %j becomes %j', (text, told, cited, removed) => {
  expect(check(2, text)).toEqual({ text: told, cited, removed })
})

test('it makes no difference in what pieces an answer comes', () => {
  const words = fc.constantFrom('It', ' ', '[', ']', '[1]', ' [9]', '1', ',', ', 2', '\n', '[2, 9]', '[12345]', 'x')
  fc.assert(
    fc.property(fc.array(words, { maxLength: 12 }), fc.array(fc.nat({ max: 40 })), (parts, cuts) => {
      const text = parts.join('')
      const places = [0, ...cuts.filter((at) => at < text.length).toSorted((a, b) => a - b), text.length]
      const pieces = places.slice(1).map((at, i) => text.slice(places[i], at))
      expect(check(2, ...pieces)).toEqual(check(2, text))
    }),
    { numRuns: 2_000 },
  )
})

test('nothing is held back longer than a mark can be', () => {
  const citations = new CitationCheck(2)
  expect(citations.push('Refunds take [')).toBe('Refunds take')
  expect(citations.push('1')).toBe('')
  expect(citations.push('] 14 days')).toBe(' [1] 14 days')
  expect(citations.push(` [${'1, '.repeat(40)}`)).not.toBe('')
})
