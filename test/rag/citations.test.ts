import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CitationCheck } from '../../src/rag/answers/citations.ts'

const nothing = (sources: number) => Array<string>(sources).fill('')

function check(sources: number | readonly string[], ...pieces: string[]) {
  const citations = new CitationCheck(typeof sources === 'number' ? nothing(sources) : sources)
  let text = ''
  const say = (said: string) => {
    text = citations.takeRestart() ? said : text + said
  }
  for (const piece of pieces) say(citations.push(piece))
  say(citations.end())
  return { text, cited: citations.cited, removed: citations.removed }
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
  ['It takes 14 days 【1】.', 'It takes 14 days [1].', [1], []],
  ['It takes 14 days【2†shop.md】.', 'It takes 14 days[2].', [2], []],
  ['It takes 14 days [1-2].', 'It takes 14 days [1, 2].', [1, 2], []],
  ['It takes 14 days [1–3].', 'It takes 14 days [1, 2].', [1, 2], [3]],
  ['It takes 14 days [^1] [Source 2].', 'It takes 14 days [1] [2].', [1, 2], []],
  ['Pages [10-20] tell.', 'Pages [10-20] tell.', [], []],
  ['Say `items[7]` or `a[1]`, then [1].', 'Say `items[7]` or `a[1]`, then [1].', [1], []],
  ['```js\nlist[9] = [2]\n```\nSee [2].', '```js\nlist[9] = [2]\n```\nSee [2].', [2], []],
  ['~~~\n[9]\n~~~\n[1]', '~~~\n[9]\n~~~\n[1]', [1], []],
  ['Use items[7] and rows[1].name, says [1].', 'Use items[7] and rows[1].name, says [1].', [1], []],
  ['See [9](https://example.org).', 'See [9](https://example.org).', [], []],
  ['An open ` tick.\n\nThen [1].', 'An open ` tick.\n\nThen [1].', [1], []],
  ['Red [1 and 2]. Blue [1, 2].', 'Red [1, 2]. Blue [1, 2].', [1, 2], []],
  ['[S1] [#2] [ref 1] [Passage 2] [cite: 1] [source_2] 〔1〕', '[1] [2] [1] [2] [1] [2] [1]', [1, 2], []],
  ['Red (Source 1). Blue (sources 1 and 2), (doc: 7).', 'Red [1]. Blue [1, 2],.', [1, 2], [7]],
  ['Step (1) opens it (see 2), by paragraph (2).', 'Step (1) opens it (see 2), by paragraph (2).', [], []],
  ['{"a": [7], "b": [1, 2]} and x = [9].', '{"a": [7], "b": [1, 2]} and x = [9].', [], []],
  ['x = a[1] + b[2] and [1-9] or [1-2]+ match [2].', 'x = a[1] + b[2] and [1-9] or [1-2]+ match [2].', [2], []],
  ['\\sqrt[2]{x} and x_{[1]}, \\[1\\]', '\\sqrt[2]{x} and x_{[1]}, \\[1\\]', [], []],
  [
    '**Red** [1]. **Blue [2]**? Is C++ [1], speed = s/t [2]?',
    '**Red** [1]. **Blue [2]**? Is C++ [1], speed = s/t [2]?',
    [1, 2],
    [],
  ],
  ['**Red**[1], 5*[2]; a/b [1]+', '**Red**[1], 5*[2]; a/b [1]+', [1, 2], []],
  ['The array [1, 2] and the list [1, 2, 9].', 'The array [1, 2] and the list [1, 2, 9].', [], []],
  ['An image ![1](a.png), well said![1]', 'An image ![1](a.png), well said![1]', [1], []],
  ['- [x] done\n- [ ] open [1]', '- [x] done\n- [ ] open [1]', [1], []],
])('of two sources %j becomes %j', (text, told, cited, removed) => {
  expect(check(2, text)).toEqual({ text: told, cited, removed })
})

test('it makes no difference in what pieces an answer comes', () => {
  const words = fc.constantFrom(
    'It',
    ' ',
    '[',
    ']',
    '[1]',
    ' [9]',
    '1',
    ',',
    ', 2',
    '\n',
    '[2, 9]',
    '[12345]',
    'x',
    '`',
    '``',
    '```\n',
    '~~~',
    '(',
    '(Source 1)',
    '(doc',
    ': 2)',
    ' and ',
    '[S1]',
    '"a": ',
    '{',
    '◁think▷',
    '◁/think▷',
    '【1】',
    '[1-2]',
    '<',
    '<think>',
    '</think>',
    '<thi',
    'nk>',
    '</',
    '†a',
    '(',
    '[^2]',
    '-',
    '\n\n',
  )
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
  const citations = new CitationCheck(nothing(2))
  expect(citations.push('Refunds take [')).toBe('Refunds take')
  expect(citations.push('1')).toBe('')
  expect(citations.push('] 14 days')).toBe(' [1] 14 days')
  expect(citations.push(` [${'1, '.repeat(40)}`)).not.toBe('')
})

test.each<[string, string, number[]]>([
  ['<think>The user asks [2]. Hmm.</think>It is red [1].', 'It is red [1].', [1]],
  ['<thinking>\nA [2].\n</thinking>\n\nRed [1].', 'Red [1].', [1]],
  ['It is <think>sure? [2]</think>red [1].', 'It is red [1].', [1]],
  ['<THINK>a</Think> Red [1].', 'Red [1].', [1]],
  ['The tag `<think>` opens it [1].', 'The tag `<think>` opens it [1].', [1]],
  ['<think>No end [1] in sight', '', []],
  ['◁think▷A [2].◁/think▷Red [1].', 'Red [1].', [1]],
  ['3 < 4 and <b>bold</b> [1]', '3 < 4 and <b>bold</b> [1]', [1]],
])('what a model thinks aloud is no part of %j', (text, told, cited) => {
  expect(check(2, text)).toEqual({ text: told, cited, removed: [] })
})

test('an end of thinking without a beginning takes back what came before', () => {
  const citations = new CitationCheck(nothing(2))
  expect(citations.push('The user asks [2]. ')).toBe('The user asks [2].')
  expect(citations.takeRestart()).toBe(false)
  expect(citations.push('</think>\n\nIt is red [1].') + citations.end()).toBe('It is red [1].')
  expect([citations.takeRestart(), citations.takeRestart()]).toEqual([true, false])
  expect(citations.cited).toEqual([1])
})

test("a bracket that stands so in a source is the source's own", () => {
  const sources = ['Take values[2] and oil [2] for it.', 'Other.']
  const answer = 'Take values[2] and oil [2]; light it at dusk [2].'
  expect(check(sources, answer)).toEqual({ text: answer, cited: [2], removed: [] })
  expect(check(sources, 'Take values[2].')).toEqual({ text: 'Take values[2].', cited: [], removed: [] })
})

test('words of a source are passed on with whatever brackets they have', () => {
  const citations = new CitationCheck(nothing(1))
  const said = citations.quote('Oil [7] burns [1].') + citations.push(' [1]') + citations.end()
  expect([said, citations.cited, citations.removed]).toEqual(['Oil [7] burns [1]. [1]', [1], []])
})
