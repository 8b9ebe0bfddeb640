import { strToU8, zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startExtractor } from '../../src/ingest/extract/process/start-extractor.ts'
import type { Extractor, FileInput } from '../../src/ingest/extractor.ts'
import { docx, pdf, rawPdf } from './make-files.ts'

let extractor: Extractor
beforeAll(() => {
  extractor = startExtractor({ readers: 1 })
})
afterAll(() => extractor[Symbol.asyncDispose]())

const read = (bytes: Uint8Array | string, more: Omit<FileInput, 'bytes'> = {}) =>
  extractor.extract({ bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes, ...more })
const page = async (body: string) => (await read(`<!doctype html><html><head></head><body>${body}</body></html>`)).text

describe('a page', () => {
  test('whose heading is long and that has no main part is read to its end', async () => {
    const heading = 'The agreement on demurrage between the parties '.repeat(6).trim()
    expect(await page(`<h1>${heading}</h1><p>Text below it.</p><footer>Harbour Street 5</footer>`)).toBe(
      `# ${heading}\n\nText below it.\n\nHarbour Street 5`,
    )
  })

  test.each([
    [
      'readings beside letters',
      '<p><ruby>漢<rp>(</rp><rt>かん</rt>字<rt>じ</rt></ruby>を読む</p>',
      '漢字(かんじ)を読む',
    ],
    [
      'what stands raised',
      '<p>x<sup>2</sup>, 10<sup>3</sup>, note<sup>1</sup>, 1<sup>st</sup></p>',
      'x^2, 10^3, note^1, 1st',
    ],
    [
      'panels that its buttons open',
      '<button aria-controls="p1">Pay</button><div id=p1 hidden><p>By card.</p></div><div role=tabpanel style="display:none">Tab</div><div hidden>No</div>',
      'Pay\n\nBy card.\n\nTab',
    ],
    [
      'hints in fields that are empty',
      '<input placeholder="Your name"><input placeholder=no value="Ada"><textarea placeholder="Remarks"></textarea><input type=image alt=Buy><input type=password value=secret>',
      'Your name Ada\n\nRemarks\n\nBuy',
    ],
  ])('with %s', async (_, body, text) => {
    expect(await page(body)).toBe(text)
  })

  test('has no title by a drawing in it', async () => {
    expect((await read('<!doctype html><body><svg><title>Arrow</title><text>Inlet</text></svg>5 bar')).title).toBeNull()
  })
})

describe('a mail', () => {
  const mail = (...lines: string[]) => lines.join('\r\n')

  test('that was forwarded keeps its subject, sender and date', async () => {
    const { text } = await read(
      mail(
        'From: b@example.test',
        'Subject: =?KOI8-R?B?8NLJ18XU?=',
        'MIME-Version: 1.0',
        'Content-Type: multipart/mixed; boundary=a',
        '',
        '--a',
        'Content-Type: text/plain; charset=koi8-r',
        'Content-Transfer-Encoding: base64',
        '',
        '68/UxcwgzsHUxdIu',
        '--a',
        'Content-Type: message/rfc822',
        '',
        'From: Ada <ada@example.test>',
        'Subject: =?utf-8?q?W=C3=A4rme?=',
        'Date: Sun, 2 Feb 2025 09:00:00 +0000',
        '',
        'The furnace burns pellets.',
        '--a--',
      ),
      { name: 'a.eml' },
    )
    expect(text).toBe(
      '# Привет\n\nFrom: b@example.test\n\nКотел натер.\n\n# Wärme\n\nFrom: Ada <ada@example.test>\nDate: Sun, 2 Feb 2025 09:00:00 +0000\n\nThe furnace burns pellets.',
    )
  })

  test('of a mailbox is without the marks that keep its lines apart', async () => {
    const box = 'From a@b Mon Feb  3 10:00:00 2025\nFrom: a@b\nSubject: One\n\nFirst.\n>From here on.\n'
    expect((await read(box, { name: 'box.mbox' })).text).toContain('\nFrom here on.')
  })
})

describe('a table', () => {
  test('without a row that names its columns has no header', async () => {
    const rows = '2024-01-01,12.5,Kettle\n2024-01-02,13.5,Pan\n2024-01-03,14.5,Pot\n'
    expect((await read(rows, { name: 'a.csv' })).text).toMatch(
      /^\| {2}\| {2}\| {2}\|\n\| --- \| --- \| --- \|\n\| 2024-01-01 /,
    )
    const years = 'Region,2023,2024\nNorth,5,6\nSouth,7,8\n'
    expect((await read(years, { name: 'a.csv' })).text).toMatch(/^\| Region \| 2023 \| 2024 \|\n\| ---/)
  })

  const workbook = (sheets: Readonly<Record<string, string>>, styles = '<cellXfs><xf numFmtId="0"/></cellXfs>') => {
    const names = Object.keys(sheets)
    const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
    const main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    const relations = (all: string) =>
      `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${all}</Relationships>`
    const files: Record<string, string> = {
      '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
      '_rels/.rels': relations(`<Relationship Id="r1" Type="${office}/officeDocument" Target="xl/workbook.xml"/>`),
      'xl/workbook.xml': `<workbook ${main} xmlns:r="${office}"><sheets>${names
        .map(
          (name, at) =>
            `<sheet name="${name}" sheetId="${at + 1}" r:id="s${at}"${/secret/.test(name) ? ' state="hidden"' : ''}/>`,
        )
        .join('')}</sheets></workbook>`,
      'xl/styles.xml': `<styleSheet ${main}>${styles}</styleSheet>`,
      'xl/_rels/workbook.xml.rels': relations(
        `${names.map((_, at) => `<Relationship Id="s${at}" Type="${office}/worksheet" Target="worksheets/sheet${at + 1}.xml"/>`).join('')}<Relationship Id="st" Type="${office}/styles" Target="styles.xml"/>`,
      ),
    }
    for (const [at, name] of names.entries()) {
      files[`xl/worksheets/sheet${at + 1}.xml`] = `<worksheet ${main}>${sheets[name]}</worksheet>`
    }
    return zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])))
  }
  const text = (place: string, words: string) => `<c r="${place}" t="inlineStr"><is><t>${words}</t></is></c>`
  const number = (place: string, value: number, style = 0) => `<c r="${place}" s="${style}"><v>${value}</v></c>`

  test('of a workbook says what spans cells in each of them; a hidden sheet is not read', async () => {
    const cells =
      `<row r="1">${text('A1', 'Region')}${text('B1', 'First quarter')}<c r="C1" s="0"/></row><row r="2"/>` +
      `<row r="3">${text('B3', 'low')}${text('C3', 'high')}</row>` +
      `<row r="4">${text('A4', 'North')}${number('B4', 1)}${number('C4', 2)}</row>` +
      `<row r="5">${number('B5', 3)}${number('C5', 4)}</row><row r="6">${text('A6', 'Checked in May')}<c r="B6"/></row>`
    const merges = ['A1:A3', 'B1:C1', 'A4:A5', 'A6:C6'].map((ref) => `<mergeCell ref="${ref}"/>`).join('')
    const bytes = workbook({
      Sales: `<sheetData>${cells}</sheetData><mergeCells>${merges}</mergeCells>`,
      'secret plan': `<sheetData><row r="1">${text('A1', 'Never seen')}</row></sheetData>`,
    })
    expect((await read(bytes)).text).toBe(
      '# Sales\n\n| Region | First quarter / low | First quarter / high |\n| --- | --- | --- |\n| North | 1 | 2 |\n| North | 3 | 4 |\n| Checked in May |\n\nHidden in the workbook and not read: sheet secret plan.',
    )
  })

  test('of a workbook shows days, times and shares as a person sees them', async () => {
    const formats = [0, 14, 22, 20, 46, 9, 164]
    const styles = `<numFmts count="1"><numFmt numFmtId="164" formatCode="0.0%"/></numFmts><cellXfs>${formats
      .map((id) => `<xf numFmtId="${id}" applyNumberFormat="1"/>`)
      .join('')}</cellXfs>`
    const values = [45717, 45718.586805555555, 0.3958333333, 1.25, 0.25, 0.3333]
    const row = values.map((value, at) => number(`${'ABCDEF'[at]}2`, value, at + 1)).join('')
    const head = values.map((_, at) => text(`${'ABCDEF'[at]}1`, `Head ${at}`)).join('')
    const bytes = workbook({ Sheet: `<sheetData><row r="1">${head}</row><row r="2">${row}</row></sheetData>` }, styles)
    expect((await read(bytes)).text).toContain('| 2025-03-01 | 2025-03-02 14:05 | 09:30 | 30:00 | 25% | 33.3% |')
  })
})

describe('a text', () => {
  const russian = 'Котёл стоит в подвале. Насос гудит.\n'
  const wide = (text: string, bytes: number, isLittle: boolean) => {
    const view = new DataView(new ArrayBuffer(text.length * bytes))
    for (let at = 0; at < text.length; at += 1) {
      if (bytes === 2) view.setUint16(at * 2, text.charCodeAt(at), isLittle)
      else view.setUint32(at * 4, text.charCodeAt(at), isLittle)
    }
    return new Uint8Array(view.buffer)
  }
  test.each([
    ['Russian in UTF-16 without a mark', wide(russian, 2, true), russian],
    ['Russian in UTF-16 with the large end first, without a mark', wide(russian, 2, false), russian],
    [
      'Chinese in UTF-16 without a mark',
      wide('锅炉每年五月检查一次。\n水泵的声音是五十赫兹。\n', 2, true),
      '锅炉每年五月检查一次。\n水泵的声音是五十赫兹。\n',
    ],
    ['UTF-32', wide('\ufeffThe boiler is größer.', 4, true), 'The boiler is größer.'],
    [
      'a stray zero in Latin letters',
      Buffer.from('Gr\xf6\xdfe und Ma\xdf f\xfcr alle H\xe4user\0 der Stadt', 'latin1'),
      'Größe und Maß für alle Häuser  der Stadt',
    ],
  ])('of %s', async (_, bytes, text) => {
    expect((await read(bytes)).text).toBe(text)
  })
})

describe('a Word file', () => {
  test('whose style numbers its paragraphs has each number once', async () => {
    const word = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    const bytes = docx(
      ['Open', 'Close']
        .map((words) => `<w:p><w:pPr><w:pStyle w:val="LN"/></w:pPr><w:r><w:t>${words}</w:t></w:r></w:p>`)
        .join(''),
      {
        'word/styles.xml': strToU8(
          `<w:styles ${word}><w:style w:type="paragraph" w:styleId="LN"><w:name w:val="List Number"/><w:pPr><w:numPr><w:numId w:val="7"/></w:numPr></w:pPr></w:style></w:styles>`,
        ),
        'word/numbering.xml': strToU8(
          `<w:numbering ${word}><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="LN"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="1"/></w:num></w:numbering>`,
        ),
        'word/_rels/document.xml.rels': strToU8(
          '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="n" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/><Relationship Id="s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>',
        ),
      },
    )
    expect((await read(bytes)).text).toBe('1. Open\n2. Close')
  })
})

describe('a PDF', () => {
  test('after the head of an answer and a stray byte is one', async () => {
    const bytes = await pdf((doc) => doc.text('The cistern holds water.', 72, 72))
    for (const before of ['HTTP/1.1 200 OK\r\n\r\n\u0000\u0001', 'x', '\u00ef\u00bb\u00bf  ']) {
      expect(await read(Buffer.concat([Buffer.from(before, 'latin1'), bytes]))).toMatchObject({
        kind: 'pdf',
        text: 'The cistern holds water.',
      })
    }
  })

  test('whose pages hold nothing but their numbers is read', async () => {
    const bytes = await pdf((doc) => {
      for (const page of [1, 2, 3]) (page === 1 ? doc : doc.addPage()).text(`Page ${page}`, 72, 72)
    })
    expect((await read(bytes)).text).toBe('Page 1\n\nPage 2\n\nPage 3')
  })

  test('says what a signature and a stamp show', async () => {
    const drawn = (words: string) => ({
      dictionary: '/Type /XObject /Subtype /Form /BBox [0 0 200 20] /Resources << /Font << /F 5 0 R >> >>',
      stream: Buffer.from(`BT /F 12 Tf 5 5 Td (${words}) Tj ET`),
    })
    const bytes = rawPdf([
      '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] >> >>',
      '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >>
        /Annots [6 0 R 8 0 R] >>`,
      { dictionary: '', stream: Buffer.from('BT /F 12 Tf 20 150 Td (Contract) Tj ET') },
      '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
      '<< /Type /Annot /Subtype /Widget /FT /Sig /F 4 /T (s) /Rect [100 60 300 80] /AP << /N 7 0 R >> >>',
      drawn('Signed by Ada Berg'),
      '<< /Type /Annot /Subtype /Stamp /F 4 /Rect [100 100 300 120] /Contents (Seen by the board) /AP << /N 9 0 R >> >>',
      drawn('APPROVED'),
    ])
    const { text } = await read(bytes)
    for (const words of ['Contract', 'Signed by Ada Berg', 'APPROVED', 'Seen by the board'])
      expect(text).toContain(words)
  })
})
