import { constants, deflateRawSync, deflateSync } from 'node:zlib'
import { strToU8, type Zippable, zipSync } from 'fflate'
import PDFDocument from 'pdfkit'

type PdfOptions = ConstructorParameters<typeof PDFDocument>[0]

/** @param draw puts a document's pages down; the first page is there. */
export async function pdf(draw: (doc: PDFKit.PDFDocument) => void, options: PdfOptions = {}): Promise<Uint8Array> {
  const doc = new PDFDocument({ compress: false, ...options })
  const pieces: Buffer[] = []
  doc.on('data', (piece: Buffer) => pieces.push(piece))
  const ended = new Promise((resolve) => doc.on('end', resolve))
  draw(doc)
  doc.end()
  await ended
  return Buffer.concat(pieces)
}

/** A PDF by hand: objects from 1, the first is the catalog. Readers mend the table of offsets that it hasn't. */
export function rawPdf(
  objects: readonly (string | { readonly dictionary: string; readonly stream: Buffer })[],
): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')]
  const offsets: number[] = []
  let length = parts[0]?.length ?? 0
  const add = (part: Buffer): void => {
    parts.push(part)
    length += part.length
  }
  for (const [at, object] of objects.entries()) {
    offsets.push(length)
    add(Buffer.from(`${at + 1} 0 obj\n`))
    if (typeof object === 'string') add(Buffer.from(object))
    else {
      add(Buffer.from(`<< ${object.dictionary} /Length ${object.stream.length} >>\nstream\n`))
      add(object.stream)
      add(Buffer.from('\nendstream'))
    }
    add(Buffer.from('\nendobj\n'))
  }
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`
  add(Buffer.from(`${table}trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${length}\n%%EOF\n`))
  return Buffer.concat(parts)
}

/** A page whose content stream is a bomb: megabytes of blanks, compressed to a thousandth. */
export function pdfBomb(megabytes: number): Buffer {
  return rawPdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R /Resources << >> >>',
    { dictionary: '/Filter /FlateDecode', stream: deflated(megabytes) },
  ])
}

/** Any number of pages, all copies of one object, so that it is made at once. */
export function longPdf(pages: number): Buffer {
  const kids = Array.from({ length: pages }, (_, at) => `${at + 4} 0 R`).join(' ')
  const page = '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 3 0 R /Resources << >> >>'
  return rawPdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages} >>`,
    { dictionary: '', stream: Buffer.from('BT ET') },
    ...Array.from({ length: pages }, () => page),
  ])
}

const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
const relations = 'http://schemas.openxmlformats.org/package/2006/relationships'
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

/** @param body WordprocessingML; `styled` and `text` make paragraphs of it. @param more files of the archive beside. */
export function docx(body: string, more: Zippable = {}, head = ''): Uint8Array {
  const files = {
    '[Content_Types].xml': `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
      <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
      <Override PartName="/word/document.xml"
        ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
    '_rels/.rels': `<Relationships xmlns="${relations}"><Relationship Id="r1" Type="${office}/officeDocument"
      Target="word/document.xml"/></Relationships>`,
    'word/document.xml': `<?xml version="1.0" encoding="UTF-8"?>${head}<w:document xmlns:w="${word}"
      xmlns:r="${office}"><w:body>${body}</w:body></w:document>`,
    'word/styles.xml': `<w:styles xmlns:w="${word}">${[1, 2].map(
      (level) => `<w:style w:type="paragraph" w:styleId="H${level}"><w:name w:val="heading ${level}"/></w:style>`,
    )}</w:styles>`,
  }
  const parts = Object.entries(files).map(([name, content]) => [name, strToU8(content)])
  return zipSync({ ...Object.fromEntries(parts), ...more })
}

export const paragraph = (text: string, style?: string): string =>
  `<w:p>${style === undefined ? '' : `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`}<w:r><w:t>${text}</w:t></w:r></w:p>`

export const table = (...rows: readonly (readonly string[])[]): string =>
  `<w:tbl>${rows
    .map((cells) => `<w:tr>${cells.map((cell) => `<w:tc>${paragraph(cell)}</w:tc>`).join('')}</w:tr>`)
    .join('')}</w:tbl>`

/**
 * A Word file whose text is a bomb.
 * @param told what its directory says of the size: the truth, or that it is small.
 */
export function docxBomb(megabytes: number, told: 'truth' | 'small'): Uint8Array {
  const blanks = new Uint8Array(megabytes * 1024 * 1024).fill(0x20)
  const start = strToU8(`<w:document xmlns:w="${word}"><w:body>`)
  const bomb = new Uint8Array(start.length + blanks.length)
  bomb.set(start)
  bomb.set(blanks, start.length)
  const file = Buffer.from(docx('', { 'word/document.xml': [bomb, { level: 1 }] }))
  if (told === 'truth') return file
  // The same number stands before the part and in the directory.
  const size = Buffer.alloc(4)
  size.writeUInt32LE(bomb.length)
  for (let at = file.indexOf(size); at >= 0; at = file.indexOf(size, at + 4)) file.writeUInt32LE(1_000, at)
  return file
}

/** A password-protected Word file as Office wraps it: a compound file with a stream of that name. */
export function lockedDocx(): Uint8Array {
  const file = Buffer.alloc(4_096)
  Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]).copy(file)
  file.write('EncryptedPackage', 1_024, 'utf16le')
  return file
}

/** A zlib stream of blanks that is made without unpacking it: one block, again and again. */
function deflated(megabytes: number): Buffer {
  const block = deflateRawSync(Buffer.alloc(1024 * 1024, ' '), { finishFlush: constants.Z_FULL_FLUSH })
  const head = deflateSync(Buffer.alloc(0)).subarray(0, 2)
  const end = deflateRawSync(Buffer.alloc(0))
  return Buffer.concat([head, ...Array.from({ length: megabytes }, () => block), end, Buffer.alloc(4)])
}
