import { Tiktoken } from 'js-tiktoken/lite'
import cl100k from 'js-tiktoken/ranks/cl100k_base'
import { afterAll, describe, expect, test } from 'vitest'
import { chunkText } from '../../src/rag/chunks/chunk.ts'
import {
  type ChunkRule,
  type ChunkStrategy,
  chunkRule,
  chunkStrategies,
  chunksMax,
} from '../../src/rag/chunks/chunk-rule.ts'
import { startChunker } from '../../src/rag/chunks/chunker.ts'

const tokenizer = new Tiktoken(cl100k)
const tokensOf = (text: string) => tokenizer.encode(text, [], []).length
const ruleOf = (strategy: ChunkStrategy): ChunkRule => ({ strategy, tokens: 60, overlap: 12 })
const rule = ruleOf('markdown')
const textsOf = async (text: string, by: ChunkRule = rule) => (await chunkText(text, by)).map((chunk) => chunk.text)
const sentences = (count: number) =>
  Array.from({ length: count }, (_, at) => `Sentence number ${at} says its thing, and ends.`).join(' ')

test('a short text is one chunk, as it is', async () => {
  const text = 'Just this.\n\nAnd that.'
  for (const strategy of chunkStrategies) {
    expect(await chunkText(text, ruleOf(strategy))).toEqual([{ text, start: 0, end: text.length, heading: null }])
  }
})

test.each(chunkStrategies)('%s: no chunk is longer than allowed, none is blank, no word is lost', async (strategy) => {
  const text = `# Title\n\n${sentences(40)}\n\n## Part\n\n${sentences(25)}\n\n- a\n- b\n`
  const chunks = await textsOf(text, ruleOf(strategy))
  for (const chunk of chunks) {
    expect(tokensOf(chunk)).toBeLessThanOrEqual(rule.tokens)
    expect(chunk.trim()).not.toBe('')
  }
  const all = chunks.join('\n')
  for (let at = 0; at < 40; at += 1) expect(all).toContain(`Sentence number ${at} says`)
})

test.each(['markdown', 'sentences'] as const)(
  '%s: chunks end with a sentence and repeat the last ones of the chunk before, when they are short enough',
  async (strategy) => {
    const chunks = await textsOf(sentences(30), ruleOf(strategy))
    expect(chunks.length).toBeGreaterThan(3)
    for (const chunk of chunks) expect(chunk).toMatch(/^Sentence .*\.$/s)
    const lasts = chunks.slice(0, -1).map((chunk) => chunk.match(/Sentence number \d+ [^.]*\.$/)?.[0])
    expect(lasts).not.toContain(undefined)
    expect(lasts.map((last, at) => chunks[at + 1]?.startsWith(last ?? ''))).toEqual(lasts.map(() => true))
  },
)

test('tokens: windows are full, begin with words, and overlap by no more than was asked for', async () => {
  const text = sentences(30)
  const chunks = await chunkText(text, ruleOf('tokens'))
  expect(chunks.length).toBeGreaterThan(3)
  for (const [at, { start, text: own }] of chunks.entries()) {
    if (at < chunks.length - 1) expect(tokensOf(own)).toBeGreaterThan(50)
    expect(text.charAt(start - 1).trim()).toBe('')
    const before = chunks[at - 1]
    if (before === undefined) continue
    expect(before.end).toBeGreaterThan(start)
    expect(tokensOf(text.slice(start, before.end))).toBeLessThanOrEqual(rule.overlap)
  }
})

test('each chunk begins with the headings it stands under, and its offsets are of its own words', async () => {
  const text = '# Bikes\n\nIntro.\n\n## Brakes\n\nThey stop.\n\n### Pads\n\nThey wear.\n\n## Bells ##\n\nThey ring.'
  const chunks = await chunkText(text, rule)
  expect(chunks.map((chunk) => chunk.text)).toEqual([
    'Bikes\n\nIntro.',
    'Bikes > Brakes\n\nThey stop.',
    'Bikes > Brakes > Pads\n\nThey wear.',
    'Bikes > Bells\n\nThey ring.',
  ])
  expect(chunks.map(({ heading, start, end }) => [heading, text.slice(start, end)])).toEqual([
    ['Bikes', 'Intro.'],
    ['Bikes > Brakes', 'They stop.'],
    ['Bikes > Brakes > Pads', 'They wear.'],
    ['Bikes > Bells', 'They ring.'],
  ])
})

test.each(['sentences', 'tokens'] as const)('%s: a chunk knows the heading it begins under', async (strategy) => {
  const text = `# One\n\n${sentences(12)}\n\n# Two\n\n${sentences(12)}`
  const chunks = await chunkText(text, ruleOf(strategy))
  expect(chunks[0]).toMatchObject({ start: 0, heading: 'One' })
  const two = text.indexOf('# Two')
  for (const { start, heading } of chunks) expect(heading).toBe(start < two ? 'One' : 'Two')
  expect(chunks.at(-1)?.heading).toBe('Two')
})

test('what looks like a heading inside code is code', async () => {
  const text = '# Setup\n\n```sh\n# not a heading\nmake\n```\n\nDone.'
  expect(await textsOf(text)).toEqual(['Setup\n\n```sh\n# not a heading\nmake\n```\n\nDone.'])
})

test('headings that fit one by one and not together are all in some chunk', async () => {
  const [outer, inner] = ['outer '.repeat(15).trim(), 'inner '.repeat(15).trim()]
  const texts = await textsOf(`# ${outer}\n\n## ${inner}\n\nA text.`)
  expect(texts).toEqual([`# ${outer}`, `${inner}\n\nA text.`])
})

test.each([
  ['an underlined heading', 'Bikes\n=====\n\nThey roll.\n\nBrakes\n------\nThey stop.', ['Bikes', 'Bikes > Brakes']],
  ['an underlined heading of two lines', 'Bikes and\nbells\n---\nThey roll.', ['Bikes and bells']],
  ['a line under a list', '- Bikes\n---\nThey roll.', [null]],
  ['a line under a paragraph’s blank', 'Bikes\n\n---\nThey roll.', [null]],
  ['a fence with words, which closes nothing', '# A\n\n```\n```bash\n# b\n```\n\n## C\n\nd', ['A', 'A > C']],
  ['a fence in a longer one', '````\n```\n# a\n```\n# b\n````\n# C\nd', [null, 'C']],
  ['a comment', '<!--\n# Secret\n-->\n\n# A\n\nb', [null, 'A']],
  ['code in HTML', '# A\n\n<pre>\n# b\n</pre>\n\nc', ['A']],
  ['front matter', '---\n# a comment\nauthor: K\n---\n\nWords.', [null, null]],
  [
    'front matter with a title',
    '---\ntitle: "Tyres"\n---\nWords.\n\n## Winter\nSnow.',
    [null, 'Tyres', 'Tyres > Winter'],
  ],
  ['front matter of TOML', '+++\ntitle = "Tyres"\n# no\n+++\nWords.', [null, 'Tyres']],
  ['front matter over a title', '---\ntitle: Tyres\n---\n# Winter tyres\nSnow.', [null, 'Winter tyres']],
  ['a line above text', '---\nWords.\n\n# A\nb', [null, 'A']],
] as const)('headings of a text with %s', async (_, text, headings) => {
  expect((await chunkText(text, rule)).map(({ heading }) => heading)).toEqual(headings)
})

test('a heading without text is a chunk too, so that its words are found', async () => {
  expect(await textsOf('# Only a title')).toEqual(['# Only a title'])
  expect(await textsOf('# Shop\n## Bikes\n## Bells\nThey ring.\n# End\n')).toEqual([
    'Shop\n\n## Bikes',
    'Shop > Bells\n\nThey ring.',
    '# End',
  ])
  expect(await textsOf(' \n ')).toEqual([])
})

test.each([
  ['# Brakes ##  \nPads.', 'Brakes'],
  ['# C# \nSharp.', 'C'],
  ['# C # D\t\nSharp.', 'C # D'],
  ['## #\nA hash.', '#'],
])('the title of %j is %j', async (text, title) => {
  expect((await chunkText(text, rule)).map(({ heading }) => heading)).toEqual([title])
})

test('a heading with very many blanks takes no longer than any other text', async () => {
  const [first] = await chunkText(`# Much${' '.repeat(100_000)}space\n\nA text.`, rule)
  expect(first?.heading).toMatch(/^Much/)
})

test.each(chunkStrategies)(
  '%s: of a text that gives too many chunks no more are made than tell that',
  async (strategy) => {
    const text = '# a\n'.repeat(150_000)
    const by = { strategy, tokens: 32, overlap: 0 }
    expect((await chunkText(text, by)).length).toBe(chunksMax + 1)
  },
)

test('a heading that would fill a chunk is repeated in none, and is text of one', async () => {
  const long = `${'very '.repeat(30)}marmoset`
  const chunks = await chunkText(`# ${long}\n\n## Brakes\n\nThey stop.\n\n## Bells\n\nThey ring.`, rule)
  expect(chunks.map(({ heading, text }) => [heading, text])).toEqual([
    [null, `# ${long}`],
    ['Brakes', 'Brakes\n\nThey stop.'],
    ['Bells', 'Bells\n\nThey ring.'],
  ])
  expect((await chunkText(`# Shop\n\n## ${long}\n\nText.`, rule)).map(({ heading, text }) => [heading, text])).toEqual([
    ['Shop', `Shop\n\n## ${long}\n\nText.`],
  ])
  const [flowers] = await textsOf(`# ${'🌷'.repeat(300)}\n\n${sentences(9)}`)
  expect(tokensOf(flowers ?? '')).toBeLessThanOrEqual(rule.tokens)
  expect(flowers?.isWellFormed()).toBe(true)
})

describe.each(chunkStrategies)('%s', (strategy) => {
  test.each([
    ['a word without an end', 'x7'.repeat(20_000)],
    ['a language without blanks', '这是一个测试文本我们需要知道它的速度。'.repeat(500)],
    ['pictures of many units', '👩‍👩‍👧‍👦'.repeat(500)],
    ['blanks and lines alone between words', `a${' '.repeat(50_000)}b${'\n'.repeat(50_000)}c`],
  ])('%s is cut within the limit, and no character is broken', async (_, text) => {
    const chunks = await textsOf(text, ruleOf(strategy))
    for (const chunk of chunks) {
      expect(tokensOf(chunk)).toBeLessThanOrEqual(rule.tokens)
      expect(Buffer.byteLength(chunk)).toBeLessThanOrEqual(rule.tokens * 8)
      expect(chunk.isWellFormed()).toBe(true)
    }
    for (const part of ['x7x7', '速度', '👧', 'b']) if (text.includes(part)) expect(chunks.join('')).toContain(part)
  })
})

const chunker = startChunker()
afterAll(() => chunker[Symbol.asyncDispose]())

test('by default a chunk is never longer than what the model takes', () => {
  expect([chunkRule(), chunkRule(128), chunkRule(8_191)]).toEqual([
    { strategy: 'markdown', tokens: 256, overlap: 32 },
    { strategy: 'markdown', tokens: 128, overlap: 16 },
    { strategy: 'markdown', tokens: 256, overlap: 32 },
  ])
})

test('beside this thread the same comes out, and a short text does not wait for a long one', async () => {
  const ended: string[] = []
  const long = chunker.chunk(sentences(20_000), chunkRule(128)).then((chunks) => {
    ended.push('long')
    return chunks
  })
  const short = chunker.chunk(sentences(20), chunkRule(128)).then((chunks) => {
    ended.push('short')
    return chunks
  })
  expect(await short).toEqual(await chunkText(sentences(20), chunkRule(128)))
  expect((await long).length).toBeGreaterThan(1_000)
  expect(ended).toEqual(['short', 'long'])
})

test('an ended chunker says so to those who wait', async () => {
  const ending = startChunker()
  const waiting = ending.chunk(sentences(2_000), rule)
  const refusal = expect(waiting).rejects.toMatchObject({ code: 'internal' })
  await ending[Symbol.asyncDispose]()
  await refusal
})
