import { strToU8 } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startExtractor } from '../../src/ingest/extract/process/start-extractor.ts'
import type { Extractor, FileInput } from '../../src/ingest/extractor.ts'
import { docx, paragraph } from './make-files.ts'
import { odt, packed, relation, relations, sheet, xlsx } from './make-office.ts'

let extractor: Extractor
beforeAll(() => {
  extractor = startExtractor({ readers: 1, unpackedBytes: 8 * 1024 * 1024 })
})
afterAll(() => extractor[Symbol.asyncDispose]())

const read = (bytes: Uint8Array | string, more: Omit<FileInput, 'bytes'> = {}) =>
  extractor.extract({ bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes, ...more })

describe('tables of other programs', () => {
  test('a workbook is a table for each sheet, below the lines above it', async () => {
    const bytes = xlsx({
      Valves: sheet(['Price list 2026'], ['Model', 'Price'], ['V100', 120.1], ['V101 | brass', 7]),
      Empty: sheet(),
      Pumps: sheet(['Model', 'Litres'], ['P1', 0.1 + 0.2]),
    })
    expect(await read(bytes, { name: 'wrong.docx' })).toMatchObject({
      kind: 'xlsx',
      text: [
        '# Valves\n\nPrice list 2026\n\n| Model | Price |\n| --- | --- |\n| V100 | 120.1 |\n| V101 \\| brass | 7 |',
        '# Pumps\n\n| Model | Litres |\n| --- | --- |\n| P1 | 0.3 |',
      ].join('\n\n'),
    })
  })

  const prices = sheet(['Model', 'Price', 'Cost'], ['V100', 120, 41], ['V101', 130, 42], ['V102', 140, 43])
  const hiddenRow = prices.replace('<row r="3"', '<row r="3" hidden="1"')

  test('what a workbook hides is not read, and said to be there', async () => {
    const hiddenColumn = hiddenRow.replace(
      '<sheetData>',
      '<cols><col min="3" max="16384" hidden="1"/></cols><sheetData>',
    )
    const bytes = xlsx({ Valves: hiddenColumn, Old: sheet(['Model'], ['V1']) }, { hidden: ['Old'] })
    expect((await read(bytes)).text).toBe(
      [
        '# Valves\n\n| Model | Price |\n| --- | --- |\n| V100 | 120 |\n| V102 | 140 |',
        'Hidden in the workbook and not read: row 3, column C.',
        'Hidden in the workbook and not read: sheet Old.',
      ].join('\n\n'),
    )
    await expect(read(xlsx({ Empty: sheet(), Old: prices }, { hidden: ['Old'] }))).rejects.toMatchObject({
      code: 'unreadable_document',
    })
  })

  test.each([
    ['a filter leaves out', hiddenRow.replace('<sheetData>', '<sheetPr filterMode="1"/><sheetData>')],
    ['are folded', hiddenRow.replace('hidden="1"', 'hidden="1" outlineLevel="1"')],
  ])('rows that %s are read', async (_, source) => {
    const { text } = await read(xlsx({ Valves: source }))
    expect(text).toContain('| V101 | 130 | 42 |')
    expect(text).not.toContain('Hidden')
  })

  test('comments stand in their cells, with their authors', async () => {
    const thread = relation('t', '', '../threadedComments/threadedComment1.xml').replace(
      /Type="[^"]*"/,
      'Type="http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"',
    )
    const bytes = xlsx(
      { Valves: hiddenRow },
      {
        more: {
          'xl/worksheets/_rels/sheet1.xml.rels': relations(relation('c', 'comments', '/xl/comments1.xml'), thread),
          'xl/comments1.xml': `<comments><authors><author>Ada</author><author>tc={1}</author></authors><commentList>
            <comment ref="B2" authorId="0"><text><r><t>Ada:</t></r><r><t>
Only with the   brass seal.</t></r></text></comment>
            <comment ref="A2" authorId="1"><text><t>[Threaded comment] Your version of Excel …</t></text></comment>
            <comment ref="B3" authorId="0"><text><t>On a hidden row.</t></text></comment>
            <comment ref="E9" authorId="0"><text><t>Ask for ten or more.</t></text></comment></commentList></comments>`,
          'xl/threadedComments/threadedComment1.xml': `<ThreadedComments>
            <threadedComment ref="A2" personId="p"><text>Still made?</text></threadedComment>
            <threadedComment ref="A2" personId="q"><text>Until May &amp; no longer.</text></threadedComment></ThreadedComments>`,
          'xl/persons/person.xml':
            '<personList><person displayName="Bo" id="p"/><person displayName="Cy" id="q"/></personList>',
        },
      },
    )
    expect((await read(bytes)).text.split('\n\n').slice(1)).toEqual([
      [
        '| Model | Price | Cost |\n| --- | --- | --- |',
        '| V100 (Comment (Bo): Still made? Comment (Cy): Until May & no longer.) | 120 (Comment (Ada): Only with the brass seal.) | 41 |',
        '| V102 | 140 | 43 |',
      ].join('\n'),
      'E9: Comment (Ada): Ask for ten or more.',
      'Hidden in the workbook and not read: row 3.',
    ])
  })

  test.each([
    [
      'commas, quotes and lines within',
      'a.csv',
      'Name,Note\n"Bell, brass","two\nlines"\n',
      '| Bell, brass | two lines |',
    ],
    ['semicolons', undefined, 'Name;Price\nBell;1,5\nHorn;2,5\nPump;3\n', '| Horn | 2,5 |'],
    ['tabs', 'a.tsv', 'Name\tPrice\nBell\t1\n', '| Bell | 1 |'],
  ])('a CSV file with %s', async (_, name, text, row) => {
    const { kind, text: found } = await read(text, { name })
    expect([kind, found.split('\n')]).toEqual(['csv', expect.arrayContaining([row])])
  })

  test('prose with commas is no table', async () => {
    const text = 'Yes, we do.\nNo, we do not.\nWell, it depends.\nSo, that is all.\n'
    expect(await read(text)).toMatchObject({ kind: 'text', text })
  })
})

describe('other office files', () => {
  test('a text of OpenDocument: headings, lists, tables, notes; not what was deleted', async () => {
    const body = `<text:tracked-changes><text:p>Gone.</text:p></text:tracked-changes>
      <text:h text:outline-level="2">Care</text:h><text:p>Twice<text:s/>a<text:line-break/>year.<text:note>
      <text:note-citation>1</text:note-citation><text:note-body><text:p>Or more.</text:p></text:note-body></text:note></text:p>
      <text:list text:style-name="L1"><text:list-item><text:p>Oil.</text:p></text:list-item></text:list>
      <table:table><table:table-row><table:table-cell><text:p>Part</text:p></table:table-cell><table:table-cell>
      <text:p>Price</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell><text:p>Belt</text:p>
      </table:table-cell><table:table-cell><text:p>9</text:p></table:table-cell></table:table-row></table:table>`
    const { kind, title, text } = await read(odt(body))
    expect({ kind, title }).toEqual({ kind: 'odt', title: 'Care & repair' })
    expect(text).not.toContain('Gone')
    for (const part of [
      '## Care',
      'Twice a\nyear.',
      'Or more.',
      'a) Oil.',
      '| Part | Price |\n| --- | --- |\n| Belt | 9 |',
    ]) {
      expect(text).toContain(part)
    }
  })

  test('a presentation: slides in their order below their titles, with tables and notes, without what is on each', async () => {
    const shape = (type: string, ...lines: string[]) =>
      `<p:sp><p:nvSpPr><p:nvPr><p:ph type="${type}"/></p:nvPr></p:nvSpPr><p:txBody>${lines
        .map((line) => `<a:p><a:r><a:t>${line}</a:t></a:r></a:p>`)
        .join('')}</p:txBody></p:sp>`
    const row = (...cells: string[]) =>
      `<a:tr>${cells.map((cell) => `<a:tc><a:txBody><a:p><a:r><a:t>${cell}</a:t></a:r></a:p></a:txBody></a:tc>`).join('')}</a:tr>`
    const bytes = packed({
      'ppt/presentation.xml':
        '<p:presentation><p:sldIdLst><p:sldId r:id="b"/><p:sldId r:id="a"/></p:sldIdLst></p:presentation>',
      'ppt/_rels/presentation.xml.rels': relations(
        relation('a', 'slide', 'slides/slide1.xml'),
        relation('b', 'slide', 'slides/slide2.xml'),
      ),
      'ppt/slides/slide1.xml': `<p:sld>${shape('title', 'Prices')}<a:tbl>${row('Part', 'Price')}${row('Belt', '9')}</a:tbl></p:sld>`,
      'ppt/slides/slide2.xml': `<p:sld>${shape('ctrTitle', 'Pumps &amp; belts', 'for all')}${shape('body', 'They run.')}${shape('sldNum', '7')}</p:sld>`,
      'ppt/slides/_rels/slide2.xml.rels': relations(relation('n', 'notesSlide', '../notesSlides/notesSlide1.xml')),
      'ppt/notesSlides/notesSlide1.xml': `<p:notes>${shape('body', 'Say hello.')}</p:notes>`,
    })
    expect(await read(bytes)).toMatchObject({
      kind: 'pptx',
      text: '# Pumps & belts for all\n\nThey run.\n\nSay hello.\n\n# Prices\n\n| Part | Price |\n| --- | --- |\n| Belt | 9 |',
    })
  })

  test('a book: its chapters in the order of reading', async () => {
    const chapter = (title: string) =>
      `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body><h1>${title}</h1><p>Its text.</p></body></html>`
    const bytes = packed({
      mimetype: 'application/epub+zip',
      'META-INF/container.xml': '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
      'OPS/book.opf': `<package><metadata><dc:title>Sourdough</dc:title></metadata><manifest><item id="a" href="one%201.xhtml"/>
        <item id="b" href="two.xhtml"/></manifest><spine><itemref idref="b"/><itemref idref="a"/></spine></package>`,
      'OPS/one 1.xhtml': chapter('Später'),
      'OPS/two.xhtml': chapter('First'),
    })
    expect(await read(bytes)).toMatchObject({
      kind: 'epub',
      title: 'Sourdough',
      text: '# First\n\nIts text.\n\n# Später\n\nIts text.',
    })
  })

  const compound = (name: string) => {
    const file = Buffer.alloc(4_096)
    Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]).copy(file)
    file.write(name, 1_024, 'utf16le')
    return file
  }
  test.each([
    ['an old presentation', compound('PowerPoint Document'), /PowerPoint file of the old kind \(\.ppt\)/],
    ['an old workbook', compound('Workbook'), /Excel file of the old kind \(\.xls\)/],
    ['a message of Outlook', compound('__substg1.0_0037001F'), /Outlook message \(\.msg\)/],
    [
      'a spreadsheet of OpenDocument',
      packed({ mimetype: 'application/vnd.oasis.opendocument.spreadsheet' }),
      /\(\.ods\)/,
    ],
    ['a binary workbook', packed({ 'xl/workbook.bin': 'x' }), /binary Excel file/],
    [
      'a locked book',
      packed({
        mimetype: 'application/epub+zip',
        'META-INF/container.xml': '<container><rootfile full-path="b.opf"/></container>',
        'META-INF/encryption.xml': '<encryption><CipherReference URI="a.html"/></encryption>',
        'b.opf': '<package><item id="a" href="a.html"/><itemref idref="a"/></package>',
        'a.html': 'x',
      }),
      /copy protection/,
    ],
    [
      'a workbook that is a bomb',
      packed({ 'xl/workbook.xml': '<a/>', 'xl/worksheets/sheet1.xml': ' '.repeat(9_000_000) }),
      /unpacks to more than 8 MB/,
    ],
  ])('%s is refused by its name', async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toMatchObject({
      code: 'unreadable_document',
      message: expect.stringMatching(message),
    })
  })

  test('an old file at an odd place of the memory is refused as fast as any', async () => {
    for (const odd of [0, 1, 2, 3]) {
      await expect(read(compound('WordDocument'), { name: 'x'.repeat(odd + 1) })).rejects.toMatchObject({
        message: expect.stringContaining('(.doc)'),
      })
    }
  })
})

describe('Word', () => {
  const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
  const level = (at: number, format: string, text: string) =>
    `<w:lvl w:ilvl="${at}"><w:start w:val="1"/><w:numFmt w:val="${format}"/><w:lvlText w:val="${text}"/></w:lvl>`
  const numbering =
    strToU8(`<w:numbering xmlns:w="${word}"><w:abstractNum w:abstractNumId="0">${level(0, 'decimal', '§ %1')}${level(1, 'lowerLetter', '%1.%2)')}
    </w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
    <w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride></w:num></w:numbering>`)
  const item = (numId: number, at: number, text: string) =>
    `<w:p><w:pPr><w:numPr><w:ilvl w:val="${at}"/><w:numId w:val="${numId}"/></w:numPr></w:pPr><w:r><w:t>${text}</w:t></w:r></w:p>`

  test('numbers go on, restart and stand within each other as Word counts them', async () => {
    const body = [
      item(1, 0, 'One'),
      item(1, 1, 'Sub'),
      item(1, 1, 'Sub'),
      item(1, 0, 'Two'),
      paragraph('Between.'),
      item(1, 1, 'Sub'),
      item(2, 0, 'Seven'),
    ]
    expect((await read(docx(body.join(''), { 'word/numbering.xml': numbering }))).text).toBe(
      '§ 1 One\n  1.a) Sub\n  1.b) Sub\n§ 2 Two\n\nBetween.\n\n  2.a) Sub\n§ 7 Seven',
    )
  })

  test('equations are read on one line', async () => {
    const t = (text: string) => `<m:r><m:t>${text}</m:t></m:r>`
    const body = `<w:p xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><w:r><w:t xml:space="preserve">Area </w:t></w:r><m:oMath>
      <m:f><m:num>${t('a+b')}</m:num><m:den>${t('2')}</m:den></m:f>${t('·')}<m:sSup><m:e>${t('h')}</m:e><m:sup>${t('2')}</m:sup></m:sSup></m:oMath></w:p>`
    expect((await read(docx(body))).text).toBe('Area (a+b)/2·h^2')
  })
})

describe('comments of Word files', () => {
  test('a comment stands with its author below the paragraph that it is about', async () => {
    const commented =
      '<w:p><w:commentRangeStart w:id="3"/><w:r><w:t>Copper kettles cost 40 euros.</w:t></w:r><w:commentRangeEnd w:id="3"/>' +
      '<w:r><w:commentReference w:id="3"/></w:r></w:p>'
    const comments = `<w:comments xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
      <w:comment w:id="3" w:author="Ada Berg" w:initials="AB">${paragraph('Tin ones are &lt; 20.')}
        <w:p><w:del><w:r><w:delText>Struck out.</w:delText></w:r></w:del><w:r><w:t>Check in May.</w:t></w:r></w:p></w:comment>
      <w:comment w:id="4" w:author="Nobody">${paragraph('About nothing here.')}</w:comment></w:comments>`
    const bytes = docx(commented + paragraph('Spoons are free.'), { 'word/comments.xml': strToU8(comments) })
    expect((await read(bytes)).text).toBe(
      'Copper kettles cost 40 euros.\n\nComment (Ada Berg): Tin ones are < 20. Check in May.\n\nSpoons are free.',
    )
  })
})
