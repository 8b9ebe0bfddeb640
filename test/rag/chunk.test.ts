import { Tiktoken } from 'js-tiktoken/lite'
import cl100k from 'js-tiktoken/ranks/cl100k_base'
import { afterAll, expect, test } from 'vitest'
import { chunkText } from '../../src/rag/chunk.ts'
import { chunkRule, startChunker } from '../../src/rag/chunker.ts'

const tokenizer = new Tiktoken(cl100k)
const tokensOf = (text: string) => tokenizer.encode(text, [], []).length
const rule = { tokens: 60, overlap: 12 }
const sentences = (count: number) =>
  Array.from({ length: count }, (_, at) => `Sentence number ${at} says its thing, and ends.`).join(' ')

test('a short text is one chunk, as it is', async () => {
  expect(await chunkText('Just this.\n\nAnd that.', rule)).toEqual(['Just this.\n\nAnd that.'])
})

test('no chunk is longer than allowed, none is blank, and no word is lost', async () => {
  const text = `# Title\n\n${sentences(40)}\n\n## Part\n\n${sentences(25)}\n\n- a\n- b\n`
  const chunks = await chunkText(text, rule)
  for (const chunk of chunks) {
    expect(tokensOf(chunk)).toBeLessThanOrEqual(rule.tokens)
    expect(chunk.trim()).not.toBe('')
  }
  const all = chunks.join('\n')
  for (let at = 0; at < 40; at += 1) expect(all).toContain(`Sentence number ${at} says its thing, and ends.`)
})

test('chunks end with a sentence and repeat the last ones of the chunk before, when they are short enough', async () => {
  const chunks = await chunkText(sentences(30), rule)
  expect(chunks.length).toBeGreaterThan(3)
  for (const [at, chunk] of chunks.entries()) {
    expect(chunk).toMatch(/^Sentence .*\.$/s)
    const last = chunks[at - 1]?.match(/Sentence number \d+ [^.]*\.$/)?.[0]
    if (last !== undefined) expect(chunk.startsWith(last)).toBe(true)
  }
})

test('each chunk begins with the headings it stands under', async () => {
  const text = '# Bikes\n\nIntro.\n\n## Brakes\n\nThey stop.\n\n### Pads\n\nThey wear.\n\n## Bells ##\n\nThey ring.'
  expect(await chunkText(text, rule)).toEqual([
    'Bikes\n\nIntro.',
    'Bikes > Brakes\n\nThey stop.',
    'Bikes > Brakes > Pads\n\nThey wear.',
    'Bikes > Bells\n\nThey ring.',
  ])
})

test('what looks like a heading inside code is code', async () => {
  const text = '# Setup\n\n```sh\n# not a heading\nmake\n```\n\nDone.'
  expect(await chunkText(text, rule)).toEqual(['Setup\n\n```sh\n# not a heading\nmake\n```\n\nDone.'])
})

test('headings without text are a chunk too, so that a document has one', async () => {
  expect(await chunkText('# Only a title', rule)).toEqual(['# Only a title'])
  expect(await chunkText(' \n ', rule)).toEqual([])
})

test.each([
  ['a word without an end', 'x7'.repeat(20_000)],
  ['a language without blanks', '这是一个测试文本我们需要知道它的速度。'.repeat(500)],
  ['pictures of many units', '👩‍👩‍👧‍👦'.repeat(500)],
  ['blanks and lines alone between words', `a${' '.repeat(50_000)}b${'\n'.repeat(50_000)}c`],
])('%s is cut within the limit, and no character is broken', async (_, text) => {
  const chunks = await chunkText(text, rule)
  for (const chunk of chunks) {
    expect(tokensOf(chunk)).toBeLessThanOrEqual(rule.tokens)
    expect(chunk.isWellFormed()).toBe(true)
  }
  for (const part of ['x7x7', '速度', '👧', 'b']) if (text.includes(part)) expect(chunks.join('')).toContain(part)
})

const chunker = startChunker(chunkRule(128))
afterAll(() => chunker[Symbol.asyncDispose]())

test('a chunk is never longer than what the model takes', () => {
  expect([chunkRule(), chunkRule(128), chunkRule(8_191)]).toEqual([
    { tokens: 256, overlap: 32 },
    { tokens: 128, overlap: 16 },
    { tokens: 256, overlap: 32 },
  ])
})

test('beside this thread the same comes out, and a short text does not wait for a long one', async () => {
  const ended: string[] = []
  const long = chunker.chunk(sentences(20_000)).then((chunks) => {
    ended.push('long')
    return chunks
  })
  const short = chunker.chunk(sentences(20)).then((chunks) => {
    ended.push('short')
    return chunks
  })
  expect(await short).toEqual(await chunkText(sentences(20), chunkRule(128)))
  expect((await long).length).toBeGreaterThan(1_000)
  expect(ended).toEqual(['short', 'long'])
})

test('an ended chunker says so to those who wait', async () => {
  const ending = startChunker(rule)
  const waiting = ending.chunk(sentences(2_000))
  const refusal = expect(waiting).rejects.toMatchObject({ code: 'internal' })
  await ending[Symbol.asyncDispose]()
  await refusal
})
