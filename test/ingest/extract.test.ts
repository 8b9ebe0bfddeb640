import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { strToU8, zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startExtractor } from '../../src/ingest/extract/process/start-extractor.ts'
import type { Extractor, FileInput } from '../../src/ingest/extractor.ts'
import { docx, docxBomb, lockedDocx, longPdf, paragraph, pdf, pdfBomb, rawPdf, table } from './make-files.ts'

let extractor: Extractor
beforeAll(() => {
  extractor = startExtractor({ readers: 1, memoryMb: 400, unpackedBytes: 8 * 1024 * 1024 })
})
afterAll(() => extractor[Symbol.asyncDispose]())

const utf8 = (text: string) => Buffer.from(text)
const read = (bytes: Uint8Array, more: Omit<FileInput, 'bytes'> = {}) => extractor.extract({ bytes, ...more })
const refusal = (bytes: Uint8Array, more?: Omit<FileInput, 'bytes'>) =>
  read(bytes, more).then(
    ({ text }) => expect.unreachable(`it was read: ${text.slice(0, 100)}`),
    (fault: unknown) => fault,
  )

const fox = 'The quick brown fox jumps over the lazy dog near the river, and goes on with its long way home. '

describe('a PDF', () => {
  test('becomes paragraphs under headings, with the place where each page begins', async () => {
    const bytes = await pdf((doc) => {
      doc.info.Title = 'Handbook'
      doc.fontSize(24).text('Bikes').fontSize(12).moveDown().text(fox.repeat(3)).moveDown().text('A second one.')
      doc.addPage().addPage().fontSize(18).text('Brakes').fontSize(12).moveDown().text('They stop.')
      doc.moveDown().text('# 7 is a number')
    })
    const { kind, title, text, pageStarts } = await read(bytes, { name: 'wrong.docx', contentType: 'text/plain' })
    expect({ kind, title }).toEqual({ kind: 'pdf', title: 'Handbook' })
    const parts = ['# Bikes', fox.repeat(3).trim(), 'A second one.', '## Brakes', 'They stop.', '\\# 7 is a number']
    expect(text.split(/\n{2,}/)).toEqual(parts)
    expect(pageStarts).toHaveLength(3)
    expect([text.slice(0, pageStarts[1]).trimEnd().slice(-13), text.slice(pageStarts[2]).slice(0, 9)]).toEqual([
      'A second one.',
      '## Brakes',
    ])
  })

  test('that is packed, or open to read and locked to change, is read', async () => {
    const options = { compress: true, ownerPassword: 'secret', pdfVersion: '1.7' as const }
    expect(await read(await pdf((doc) => doc.text('All may read this.'), options))).toMatchObject({
      text: 'All may read this.',
    })
  })

  test.each([
    ['locked', () => pdf((doc) => doc.text('x'), { userPassword: 'secret', pdfVersion: '1.7' }), /encrypted/],
    ['without text', () => pdf((doc) => void doc.rect(0, 0, 99, 99).fill('red')), /no text; it may be a scan/],
    ['of too many pages', () => longPdf(5_000), /has 5000 pages; 2000 are read at most/],
    ['cut off', async () => (await pdf((doc) => doc.text(fox))).subarray(0, 600), /broken/],
    ['of nothing but its first line', () => utf8('%PDF-1.7\n'), /broken/],
    [
      'that goes in a circle',
      () => rawPdf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Kids [2 0 R] /Count 1 >>']),
      /broken/,
    ],
    ['that fills the memory', () => pdfBomb(4_000), /more than 400 MB of memory/],
  ])('%s is a clear error', async (_, make, message) => {
    expect(await refusal(await make())).toMatchObject({
      code: 'unreadable_document',
      message: expect.stringMatching(message),
    })
  })
})

describe('a Word file', () => {
  test('becomes Markdown: headings, paragraphs, tables', async () => {
    const body = [
      paragraph('Bikes', 'H1'),
      paragraph('They roll &amp; roll.'),
      paragraph('Brakes', 'H2'),
      table(['kind', 'price'], ['disc', '9 | 10']),
    ]
    expect(await read(docx(body.join('')))).toEqual({
      kind: 'docx',
      title: null,
      pageStarts: [],
      text: '# Bikes\n\nThey roll & roll.\n\n## Brakes\n\n| kind | price |\n| --- | --- |\n| disc | 9 \\| 10 |',
    })
  })

  test('is known by what is in it, and pictures in it are not unpacked', async () => {
    const picture = new Uint8Array(16 * 1024 * 1024)
    const bytes = docx(paragraph('Text.'), { 'word/media/image1.png': picture })
    expect(await read(bytes, { name: 'a.txt', contentType: 'text/plain' })).toMatchObject({
      kind: 'docx',
      text: 'Text.',
    })
  })

  test('that points out of itself is not followed', async () => {
    const asked: (string | undefined)[] = []
    const server = createServer((request, response) => {
      asked.push(request.url)
      response.end('stolen')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const relations = strToU8(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
      <Relationship Id="p1" TargetMode="External" Target="${url}/picture"
        Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"/></Relationships>`)
    const drawing = `<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData><pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill><a:blip r:link="p1"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`
    const linked = docx(paragraph('Own text.') + drawing, { 'word/_rels/document.xml.rels': relations })
    expect((await read(linked)).text).toBe('Own text.')
    for (const target of [url, 'file:///etc/passwd']) {
      const doctype = `<!DOCTYPE d [<!ENTITY out SYSTEM "${target}">]>`
      const fault = await refusal(docx(paragraph('&out;'), {}, doctype))
      expect(fault).toMatchObject({ code: 'unreadable_document', message: expect.stringContaining('document type') })
    }
    const page = `<!doctype html><link rel=stylesheet href="${url}/a"><img src="${url}/b" alt="A bike"><iframe src="${url}/c"></iframe>`
    expect((await read(utf8(page))).text).toBe('A bike')
    server.close()
    expect(asked).toEqual([])
  })

  const manyFiles = () =>
    zipSync(Object.fromEntries(Array.from({ length: 6_000 }, (_, at) => [`word/${at}.xml`, new Uint8Array()])))
  const lol = Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join('')

  test.each([
    ['with a password', lockedDocx, /encrypted/],
    ['that is a bomb', () => docxBomb(16, 'truth'), /unpacks to more than 8 MB/],
    ['that is a bomb and lies about its size', () => docxBomb(16, 'small'), /cannot be unpacked/],
    ['of too many files', manyFiles, /more than 5000 files/],
    [
      'of entities that grow',
      () => docx(paragraph('&l9;'), {}, `<!DOCTYPE d [<!ENTITY l0 "lol">${lol}]>`),
      /document type/,
    ],
    ['cut off', () => docx(paragraph(fox)).subarray(0, 500), /broken/],
    ['without text', () => docx(paragraph('')), /no text/],
    ['that is no XML inside', () => docx('<w:p><<<'), /broken/],
    ['that is another program’s', () => zipSync({ 'a.xml': strToU8('<a/>') }), /another program/],
    ['that is broken within', () => zipSync({ 'xl/workbook.xml': strToU8('<a/>') }), /Excel file is broken/],
    ['with a bomb within a bomb', () => zipSync({ 'a.zip': docxBomb(2, 'truth') }), /another program/],
  ])('%s is a clear error', async (_, make, message) => {
    expect(await refusal(make())).toMatchObject({
      code: 'unreadable_document',
      message: expect.stringMatching(message),
    })
  })
})

describe('HTML', () => {
  test('becomes Markdown without what stands around its main part and what nobody sees', async () => {
    const page = `<!doctype html><html><head><title>Bikes &amp; bells</title><style>p{}</style></head><body>
      <nav><a href="/">Home</a></nav><header>Big Shop</header>
      <main><h1>Bikes</h1><p>They <b>roll</b>, as a <a href="https://a.example/long">page</a> says, and are sold
        in every shop of the town, also on Sundays.<br>Really.</p><script>alert(1)</script>
      <ul><li>one<ol><li>a</ol><li>two</ul><blockquote><p>Said.</p></blockquote>
      <table><tr><th>kind<th>price<tr><td><p>disc</p><td>9|10</table>
      <p hidden>secret</p><p style="display: none">too</p><pre>if (a)
  b()</pre><p># 7 is a number</p></main><aside>Buy!</aside><footer>© Big Shop</footer></body></html>`
    expect(await read(utf8(page), { name: 'page.txt' })).toEqual({
      kind: 'html',
      title: 'Bikes & bells',
      pageStarts: [],
      text: [
        '# Bikes',
        'They roll, as a page says, and are sold in every shop of the town, also on Sundays.\nReally.',
        '- one\n  1. a\n- two',
        '> Said.',
        '| kind | price |\n| --- | --- |\n| disc | 9\\|10 |',
        '```\nif (a)\n  b()\n```',
        '\\# 7 is a number',
      ].join('\n\n'),
    })
  })

  test('of great depth, and broken, is read as far as it goes', async () => {
    const deep = `<!doctype html>${'<div><b><table>'.repeat(2_000)}Deep down.`
    expect((await read(utf8(deep))).text).toBe('Deep down.')
    expect((await read(utf8('<html><p>a<b>b</p></i><p>c'))).text).toBe('ab\n\nc')
  })

  test('of a depth that no page has is refused', async () => {
    const fault = await refusal(utf8(`<!doctype html>${'<b>'.repeat(30_000)}Deep down.`))
    expect(fault).toMatchObject({ code: 'unreadable_document', message: expect.stringContaining('nests') })
  })

  test('declares its own charset', async () => {
    const page = Buffer.concat([
      utf8('<html><meta charset="windows-1251"><p>'),
      Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]),
    ])
    expect((await read(page)).text).toBe('Привет')
  })

  test('with nothing but scripts has no text', async () => {
    expect(await refusal(utf8('<!doctype html><script>let a</script>'))).toMatchObject({
      message: 'The file has no text.',
    })
  })
})

describe('text', () => {
  const words = 'The size (Größe) is “9½” – not so naïve'
  const swapped = (text: string) => Buffer.from(text, 'utf16le').swap16()
  test.each([
    ['UTF-8', utf8(words)],
    ['UTF-8 with a mark', utf8(`\ufeff${words}`)],
    ['UTF-16 with a mark', Buffer.from(`\ufeff${words}`, 'utf16le')],
    ['UTF-16, the other way round', swapped(`\ufeff${words}`)],
    ['UTF-16 without a mark', Buffer.from('Plain words, and more of them.', 'utf16le')],
    ['windows-1252', Buffer.from('The size (Gr\xf6\xdfe) is \x939\xbd\x94 \x96 not so na\xefve', 'latin1')],
  ])('in %s is read', async (_, bytes) => {
    expect(['Plain words, and more of them.', words]).toContain((await read(bytes)).text)
  })

  test.each([
    ['Mac Roman', 'Die F\x8ahre f\x8ahrt um acht, und f\x9fr G\x8aste gibt es \xd2Fr\x9fhst\x9fck\xd3.'],
    ['windows-1252', 'Die F\xe4hre f\xe4hrt um acht, und f\xfcr G\xe4ste gibt es \x93Fr\xfchst\xfcck\x94.'],
  ])('of %s, which nothing declares, is told by its words', async (_, bytes) => {
    const text = 'Die Fähre fährt um acht, und für Gäste gibt es “Frühstück”.'
    expect((await read(Buffer.from(bytes, 'latin1'))).text).toBe(text)
  })

  test('in another charset is read when that is said, and else refused rather than guessed at', async () => {
    const japanese = Buffer.from([0x93, 0xfa, 0x96, 0x7b, 0x8c, 0xea, 0x82, 0xcc])
    expect((await read(japanese, { contentType: 'text/plain; charset=Shift_JIS' })).text).toBe('日本語の')
    expect(await refusal(japanese)).toMatchObject({ message: expect.stringContaining('not UTF-8') })
  })

  test.each([
    ['# A\n\nb', {}, 'markdown', 'A'],
    ['just words', { name: 'notes.md' }, 'markdown', null],
    ['<p align="center">Logo</p>\n\n# A', { contentType: 'text/markdown' }, 'markdown', 'A'],
    ['# not a heading', { name: 'hosts.txt' }, 'text', null],
    ['{"a": [1]}', {}, 'text', null],
    ['<p>Part of a page</p>', {}, 'html', null],
  ] as const)('%j (%j) is %s', async (text, more, kind, title) => {
    expect(await read(utf8(text), more)).toMatchObject({ kind, title })
  })

  test.each([
    ['nothing', Buffer.alloc(0), /empty/],
    ['blanks alone', utf8(' \n\t '), /no text/],
    [
      'a picture that calls itself a PDF',
      Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex'),
      /PNG/,
    ],
    ['a program', Buffer.from('7f454c46020101000000000000000000', 'hex'), /ELF/],
    ['bytes of no kind', Buffer.from('00ff13370001020304'.repeat(20), 'hex'), /kind of file is not supported/],
    ['RTF', utf8('{\\rtf1 words}'), /RTF/],
    [
      'an old Word file',
      Buffer.concat([lockedDocx().subarray(0, 512), Buffer.from('WordDocument', 'utf16le')]),
      /old kind \(.doc\)/,
    ],
    ['more text than a document holds', utf8('word '.repeat(2_100_000)), /more than 10000000 characters/],
  ])('%s: a clear error', async (_, bytes, message) => {
    expect(await refusal(bytes, { name: 'a.pdf' })).toMatchObject({
      code: 'unreadable_document',
      message: expect.stringMatching(message),
    })
  })
})
