import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startExtractor } from '../../src/ingest/extract/process/start-extractor.ts'
import type { Extractor } from '../../src/ingest/extractor.ts'
import { chunkText } from '../../src/rag/chunks/chunk.ts'
import { chunkRule } from '../../src/rag/chunks/chunk-rule.ts'

/** Files of people's own programs under `files/`, small, each read wrongly once. */

let extractor: Extractor
beforeAll(() => {
  extractor = startExtractor({ readers: 1 })
})
afterAll(() => extractor[Symbol.asyncDispose]())

async function read(path: string) {
  const bytes = await readFile(new URL(`./files/${path}`, import.meta.url))
  const { text, kind, title } = await extractor.extract({ bytes, name: basename(path) })
  return { text, kind, title, chunks: await chunkText(text, chunkRule()) }
}

test.each([
  ['long-heading-lost/contract.md', ['demurrage', 'zeppelin', 'marmoset', 'withheld']],
  ['long-heading-lost/contract.docx', ['demurrage', 'zeppelin', 'marmoset', 'withheld']],
  ['long-heading-lost/lead-paragraph.pdf', ['Quillmouth', 'pelican', 'before the nesting season.']],
])('every word of a long heading is in a chunk: %s', async (path, words) => {
  const { chunks } = await read(path)
  for (const word of words) expect(chunks.some(({ text }) => text.includes(word))).toBe(true)
  for (const { heading } of chunks) expect(heading?.length ?? 0).toBeLessThanOrEqual(200)
})

test.each([
  'one-bad-byte-mojibake/umlaut.txt',
  'one-bad-byte-mojibake/umlaut.html',
  'one-bad-byte-mojibake/truncated.txt',
])('one bad byte leaves the rest of a text as it is: %s', async (path) => {
  const { text } = await read(path)
  expect(text).toContain('Die Überprüfung der Kühlräume ist täglich zu dokumentieren.')
  expect(text.split('\ufffd')).toHaveLength(2)
})

test.each([
  ['markdown-about-charsets/guide.md', 'Umlaute wie ä, ö, ü und das ß überleben so jede Übertragung.'],
  ['markdown-about-charsets/notes.txt', 'Das müssen wir ändern, überall.'],
  ['meta-latin1-but-utf8/page.html', 'Täglich von acht bis zwölf Uhr für alle Gäste geöffnet'],
])('a charset that a text names and has not is not believed: %s', async (path, words) => {
  expect((await read(path)).text).toContain(words)
})

test.each(['bom.pdf', 'http-head.pdf', 'newline.pdf'])('a PDF after other bytes is a PDF: %s', async (file) => {
  const { kind, text } = await read(`pdf-bytes-before-header/${file}`)
  expect({ kind, text }).toEqual({
    kind: 'pdf',
    text: 'The cistern holds four hundred litres and is emptied in October.',
  })
})

test('a mail is read by its parts: subject, people, text and what is attached', async () => {
  const { kind, title, text } = await read('email-garbage/order.eml')
  expect({ kind, title }).toEqual({ kind: 'mail', title: 'Bestellung bestätigt' })
  expect(text.split('\n\n')).toEqual([
    '# Bestellung bestätigt',
    'From: shop@example.test\nTo: customer@example.test',
    'Your order of the copper kettle is on its way. It arrives on Friday.',
    '## invoice.pdf',
    'The cistern holds four hundred litres and is emptied in October.',
  ])
})

test('a page saved as one file (MHTML) is its page', async () => {
  expect(await read('email-garbage/confluence-export.doc')).toMatchObject({
    kind: 'mail',
    title: 'Holiday policy',
    text: '# Holiday policy\n\nEvery employee has thirty days of holiday a year; grüße from HR.',
  })
})

test('a heading that is a button is a heading', async () => {
  expect((await read('heading-in-button-lost/faq.html')).chunks.map(({ heading, text }) => [heading, text])).toEqual([
    [
      'Frequently asked questions > Can I bring my ferret on the ferry?',
      expect.stringContaining('Yes, in a closed crate of at most 40 cm.'),
    ],
    [
      'Frequently asked questions > How do I change the name on a ticket?',
      expect.stringContaining('Up to two hours before departure, for 15 EUR'),
    ],
  ])
})

test('a table that lays out a page is no table', async () => {
  expect((await read('headings-in-layout-table/old-page.html')).text.split('\n\n')).toEqual([
    '# Boiler manual',
    '## Error E42',
    'The pump is blocked. Turn the screw a quarter to the left.',
    '- Never open the casing.\n- Call the service when it happens twice.',
    '## Error E43',
    'The sensor is wet. Let it dry for a day.',
  ])
})

test.each(['steps.html', 'steps.docx'])('items of lists have the numbers that a reader sees: %s', async (file) => {
  const { text } = await read(`list-numbers-wrong/${file}`)
  expect(text).toContain('1. Open the cap.\n2. Attach the hose.\n\nPut on goggles now.\n\n3. Pump the lever.\n4. Close')
  expect(text.includes('a) Brass fittings are excluded.\nb) Rubber seals are covered.')).toBe(file.endsWith('html'))
})

test('a Word file is read as Word shows it: changes, equations, hidden text', async () => {
  const { text } = await read('docx-odds/odds.docx')
  expect(text).toContain('The fee is twelve euros.')
  expect(text.split('Moved sentence about herons.')).toHaveLength(2)
  expect(text).toContain('Area: A=pi*r^2 end.')
  expect(text).toContain('Software nonstop.')
  expect(text).not.toMatch(/Hidden words|\u00ad/)
})

test.each(['valves.html', 'valves.md', 'valves.csv'])('each chunk of a table has its header: %s', async (file) => {
  const { chunks } = await read(`table-header-lost/${file}`)
  const ofTable = chunks.filter(({ text }) => /Valve model V\d+/.test(text))
  expect(ofTable.length).toBeGreaterThan(2)
  for (const { text } of ofTable) expect(text).toContain('| Model | Maximum pressure (bar) | Price (EUR) | Body |\n|')
})

test('a fence with words closes no code', async () => {
  const { chunks } = await read('markdown-fence-info/fence.md')
  expect(chunks.map(({ heading }) => heading)).toEqual(['Shell recipes', 'Shell recipes > Restore'])
})

test('a comment in the front matter is no heading', async () => {
  const { chunks, title } = await read('markdown-front-matter/post.md')
  expect(title).toBe('Winter tyres')
  expect(chunks.find(({ text }) => text.includes('mandatory from November'))).toMatchObject({
    heading: 'Winter tyres',
    text: 'Winter tyres\n\nWinter tyres are mandatory from November on.',
  })
  for (const { heading } of chunks) expect(heading ?? '').not.toContain('internal')
})

test('lines that stand at the same place of every page stand within no sentence', async () => {
  const { text } = await read('pdf-running-headers/manual.pdf')
  expect(text.match(/ACME CONFIDENTIAL/g)).toHaveLength(1)
  expect(text.startsWith('ACME CONFIDENTIAL Conveyor manual rev. 7\n\nEvery day')).toBe(true)
  expect(text).not.toMatch(/Page \d of 4/)
})

test('a stamp in the margin is no heading', async () => {
  const { chunks } = await read('rotated-stamp-becomes-heading/stamped.pdf')
  expect(new Set(chunks.map(({ heading }) => heading))).toEqual(new Set(['Care of sourdough']))
})

test('words that the lines of a column part are whole', async () => {
  const { text } = await read('two-column-hyphens/two-columns.pdf')
  const words = ['ground water', 'permit', 'drilling', 'installation', 'final', 'operate', 'compressor', 'serviced']
  for (const word of [...words, 'technician', 'logbook']) expect(text).toContain(word)
  expect(text).not.toMatch(/\w-\s/)
})
