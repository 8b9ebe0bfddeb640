import { afterAll, beforeAll, expect, test } from 'vitest'
import { startExtractor } from '../../src/ingest/extract/process/start-extractor.ts'
import type { Extractor } from '../../src/ingest/extractor.ts'
import { pdf, rawPdf } from './make-files.ts'

let extractor: Extractor
beforeAll(() => {
  extractor = startExtractor({ readers: 1 })
})
afterAll(() => extractor[Symbol.asyncDispose]())

const read = async (bytes: Uint8Array) => extractor.extract({ bytes })
const options = { lineBreak: false } as const

test('letters that are drawn twice, for boldness, are read once; those that stand twice are not lost', async () => {
  const bytes = await pdf((doc) => {
    let x = 72
    for (const letter of 'Balloons.') {
      doc.text(letter, x, 72, options).text(letter, x + 0.4, 72, options)
      x += doc.widthOfString(letter)
    }
    doc.text('A whole line.', 72, 100, options).text('A whole line.', 72.5, 100.2, options)
  })
  expect((await read(bytes)).text).toBe('Balloons.\n\nA whole line.')
})

test('columns are read one after the other, also where the file goes to and fro between them', async () => {
  const [left, right] = ['left', 'right'].map((side) =>
    Array.from({ length: 12 }, (_, at) => `The ${side} column says in its line ${at} that`),
  )
  const bytes = await pdf((doc) => {
    doc
      .fontSize(10)
      .text('A title over both of the columns, which is longer than either one of them is.', 60, 40, options)
    for (let at = 0; at < 12; at += 1) {
      doc.text(left?.[at] ?? '', 60, 70 + at * 12, options).text(right?.[at] ?? '', 330, 70 + at * 12, options)
    }
  })
  const { text } = await read(bytes)
  expect(text.indexOf('left column says in its line 11')).toBeLessThan(text.indexOf('right column says in its line 0'))
  expect(text).toContain('line 3 that The left column says in its line 4 that')
})

test('the cells of a table’s row stay in one line', async () => {
  const bytes = await pdf((doc) => {
    for (let at = 0; at < 8; at += 1) {
      doc.text(`Valve ${at}`, 60, 70 + at * 20, options).text(`${at * 3} bar`, 200, 70 + at * 20, options)
      doc.text('steel', 340, 70 + at * 20, options)
    }
  })
  expect((await read(bytes)).text.split('\n')).toContain('Valve 5 15 bar steel')
})

test('a sentence goes on over the pages, and each page still has its beginning', async () => {
  const bytes = await pdf((doc) => {
    for (const [at, words] of ['The pump is to be', 'emptied before the win-', 'ter begins.'].entries()) {
      if (at > 0) doc.addPage()
      doc
        .fontSize(8)
        .text('Pump manual', 72, 30, options)
        .text(`- ${at + 1} -`, 300, 740, options)
      doc.fontSize(12).text(words, 72, 90, options)
    }
  })
  const { text, pageStarts } = await read(bytes)
  expect(text).toBe('Pump manual\n\nThe pump is to be emptied before the winter begins.')
  expect(pageStarts.map((start) => text.slice(start, start + 7))).toEqual(
    ['Pump ma', ' emptie'.trim(), 'ter beg'].map((words, at) =>
      at === 1 ? expect.stringMatching(/^ ?emptie/) : words,
    ),
  )
})

test('a number at the same place of each page that does not count the pages is read', async () => {
  const bytes = await pdf((doc) => {
    for (const [at, sum] of [120, 480, 77].entries()) {
      if (at > 0) doc.addPage()
      doc.text(`Invoice of customer ${at}.`, 72, 90, options).text(`Total: ${sum} EUR`, 72, 700, options)
    }
  })
  const { text } = await read(bytes)
  for (const words of ['Total: 120 EUR', 'Total: 480 EUR', 'Total: 77 EUR']) expect(text).toContain(words)
})

test('what people wrote into fields and onto the page is read, each value behind its label', async () => {
  const bytes = await pdf((doc) => {
    doc.font('Helvetica').initForm()
    doc.text('Name:', 72, 100, options).formText('name', 130, 95, 200, 20, { value: 'Ada Example' })
    doc.text('Town:', 72, 140, options).formText('town', 130, 135, 200, 20, { value: 'Quorn' })
    doc.text('Signed by hand.', 72, 180, options).note(300, 180, 20, 20, 'To be checked by the harbour board.')
  })
  const { text } = await read(bytes)
  expect(text).toContain('Name: Ada Example')
  expect(text).toContain('Town: Quorn')
  expect(text).toContain('To be checked by the harbour board.')
})

test('text from right to left is in the order of reading, also where it is drawn from the left', async () => {
  // A font whose letters A to F are the first ones of the Hebrew alphabet.
  const map = `/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def
1 begincodespacerange <00> <ff> endcodespacerange
1 beginbfrange <41> <46> <05d0> endbfrange endcmap end end`
  const draw = 'BT /F 20 Tf 1 0 0 1 100 100 Tm (CBA) Tj 1 0 0 1 200 100 Tm (FED) Tj ET'
  const bytes = rawPdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>',
    { dictionary: '', stream: Buffer.from(draw) },
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>',
    { dictionary: '', stream: Buffer.from(map) },
  ])
  expect((await read(bytes)).text).toBe('\u05d3\u05d4\u05d5 \u05d0\u05d1\u05d2')
})

test('a ligature that the font maps to no letters is read by the name of its glyph', async () => {
  const map = `/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def
1 begincodespacerange <00> <ff> endcodespacerange
4 beginbfchar <21> <0000> <22> <21b5> <23> <21b5> <24> <0001> endbfchar
1 beginbfrange <61> <7a> <0061> endbfrange endcmap end end`
  const draw =
    'BT /F 20 Tf 100 100 Td (di!cult) Tj 0 -40 Td (e"ort) Tj 0 -40 Td /G 20 Tf (go#) Tj 0 -40 Td /F 20 Tf (mi$x) Tj ET'
  const font = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R'
  const bytes = rawPdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 400] /Contents 4 0 R
      /Resources << /Font << /F 5 0 R /G 7 0 R >> >> >>`,
    { dictionary: '', stream: Buffer.from(draw) },
    `${font} /Encoding << /Type /Encoding /Differences [33 /ffi /ff 36 /bullet] >> >>`,
    { dictionary: '', stream: Buffer.from(map) },
    `${font} /Encoding << /Type /Encoding /Differences [35 /arrow] >> >>`,
  ])
  const { text } = await read(bytes)
  expect(text).toContain('difficult')
  expect(text).toContain('effort')
  expect(text, 'an arrow stays one').toContain('go\u21b5')
  expect(text, 'another glyph is no ligature').not.toContain('mibulletx')
})

test('text in large letters that is longer than a heading is a paragraph', async () => {
  const lead = 'The harbour board decided in spring to rebuild the pier. '.repeat(6).trim()
  const bytes = await pdf((doc) => {
    doc.fontSize(16).text(lead, 72, 72).fontSize(10).moveDown().text('The works begin in August. '.repeat(60))
  })
  const { text } = await read(bytes)
  expect(text).toContain(lead)
  expect(text).not.toMatch(/^#/m)
})

test('a Japanese text is read by a character map that the file only names', async () => {
  const text = Buffer.from('93fa967b8cea82cc95b68fcd', 'hex').toString('hex')
  const bytes = rawPdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>',
    { dictionary: '', stream: Buffer.from(`BT /F 20 Tf 100 100 Td <${text}> Tj ET`) },
    '<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light /Encoding /90ms-RKSJ-H /DescendantFonts [6 0 R] >>',
    `<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin-Light /FontDescriptor 7 0 R
      /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>`,
    `<< /Type /FontDescriptor /FontName /Ryumin-Light /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800
      /Descent -200 /CapHeight 700 /StemV 80 >>`,
  ])
  expect((await read(bytes)).text).toBe('日本語の文章')
})

test('a page of very many equal letters, and a table of very many columns, take no more than their place', async () => {
  const dots = Array.from(
    { length: 60_000 },
    (_, at) => `1 0 0 1 ${(at % 300) * 2} ${Math.floor(at / 300) * 3} Tm (.) Tj`,
  )
  const bytes = rawPdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 700] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>',
    { dictionary: '', stream: Buffer.from(`BT /F 2 Tf ${dots.join('\n')} 1 0 0 1 20 650 Tm (End of it) Tj ET`) },
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ])
  expect((await read(bytes)).text).toContain('End of it')
  const wide = `<table><tr>${'<td colspan=1000>x'.repeat(300)}${'<tr><td rowspan=65534>y'.repeat(300)}</table>`
  expect((await extractor.extract({ bytes: Buffer.from(wide) })).text).toContain('| y |')
})

test('the caption of a push button is read where it stands; a hidden one’s is not', async () => {
  const button = (flags: number, words: string, no: number) => [
    `<< /Type /Annot /Subtype /Widget /FT /Btn /Ff 65536 /F ${flags} /T (b${no}) /Rect [100 ${no * 10} 200 ${no * 10 + 20}]
      /MK << /CA (${words}) >> /AP << /N ${no + 1} 0 R >> >>`,
    {
      dictionary: '/Type /XObject /Subtype /Form /BBox [0 0 100 20] /Resources << /Font << /F 5 0 R >> >>',
      stream: Buffer.from(`BT /F 12 Tf 5 5 Td (${words}) Tj ET`),
    },
  ]
  const bytes = rawPdf([
    '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R 8 0 R] >> >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >>
      /Annots [6 0 R 8 0 R] >>`,
    { dictionary: '', stream: Buffer.from('BT /F 12 Tf 20 150 Td (Order form) Tj ET') },
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...button(4, 'Send the order', 6),
    ...button(2, 'Never seen', 8),
  ])
  const { text } = await read(bytes)
  expect(text).toContain('Order form')
  expect(text).toContain('Send the order')
  expect(text).not.toContain('Never seen')
})

test('an accent that TeX draws before its letter is on it; elsewhere the sign stays', async () => {
  const said = (producer: string) =>
    pdf((doc) => doc.text('L\u00b4aszl\u00b4o M\u00a8uller, gar\u00b8con: \u00b4x', 72, 72, options), {
      info: { Producer: producer },
    })
  expect((await read(await said('pdfTeX-1.40.21'))).text).toBe('L\u00e1szl\u00f3 M\u00fcller, gar\u00b8con: \u00b4x')
  expect((await read(await said('Word'))).text).toBe('L\u00b4aszl\u00b4o M\u00a8uller, gar\u00b8con: \u00b4x')
})

test('columns below a title that reaches over both are read from the left, whichever the file has first', async () => {
  const column = (side: string) => Array.from({ length: 12 }, (_, at) => `The ${side} side in its line ${at} says`)
  const bytes = await pdf((doc) => {
    for (const [side, x] of [
      ['second', 330],
      ['first', 60],
    ] as const) {
      for (const [at, line] of column(side).entries()) doc.fontSize(10).text(line, x, 90 + at * 12, options)
    }
    doc.fontSize(16).text('A title beyond the gap of columns', 60, 50, options)
  })
  const { text } = await read(bytes)
  expect(text).toContain('line 3 says The first side in its line 4 says')
  expect(text.indexOf('first side in its line 11')).toBeLessThan(text.indexOf('second side in its line 0'))
})
