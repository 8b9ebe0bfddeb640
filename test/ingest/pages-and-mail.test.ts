import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startExtractor } from '../../src/ingest/extract/process/start-extractor.ts'
import type { Extractor, FileInput } from '../../src/ingest/extractor.ts'

let extractor: Extractor
beforeAll(() => {
  extractor = startExtractor({ readers: 1 })
})
afterAll(() => extractor[Symbol.asyncDispose]())

const read = (bytes: Uint8Array | string, more: Omit<FileInput, 'bytes'> = {}) =>
  extractor.extract({ bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes, ...more })
const page = async (body: string) => (await read(`<!doctype html><html><body>${body}</body></html>`)).text

describe('a page', () => {
  test('saved with its frames has each frame’s text in its place, and within its main part', async () => {
    const part = (id: string, html: string) =>
      `--b\r\nContent-Type: text/html\r\nContent-ID: <${id}@mhtml.blink>\r\nContent-Location: https://q.test/${id}\r\n` +
      `Content-Transfer-Encoding: quoted-printable\r\n\r\n${html.replaceAll('=', '=3D')}\r\n`
    const before = 'The harbour opens at dawn and closes at dusk on every day of the year, and on holidays too. '
    const saved = [
      'From: <Saved by Blink>\r\nSnapshot-Content-Location: https://q.test/a\r\nSubject: Harbour\r\n',
      'MIME-Version: 1.0\r\nContent-Type: multipart/related; type="text/html"; boundary="b"\r\n\r\n',
      part(
        'a',
        `<html><body><main><h1>Harbour</h1><p>${before.repeat(2)}</p><iframe src="cid:b@mhtml.blink"></iframe>` +
          '<p>Moor at the east pier.</p><iframe src="https://q.test/c" hidden></iframe></main></body></html>',
      ),
      part(
        'b',
        '<html><body><h2>Tides</h2><p>Low water at six.</p><iframe src="cid:b@mhtml.blink"></iframe></body></html>',
      ),
      part('c', '<html><body><p>Counted by a tracker.</p></body></html>'),
      '--b--\r\n',
    ].join('')
    const { text, title } = await read(saved)
    expect(title).toBe('Harbour')
    expect(text.split('\n\n')).toEqual([
      '# Harbour',
      before.repeat(2).trim(),
      '## Tides',
      'Low water at six.',
      'Moor at the east pier.',
    ])
  })

  test.each([
    [
      'the values of its fields',
      '<p>Town <input value="Quorn"><input type=hidden value="x"><input type=password value="y"></p>',
      'Town Quorn',
    ],
    ['what is chosen', '<p>Size <select><option>S<option selected>M<option>L</select></p>', 'Size M'],
    [
      'the first of a list without a choice',
      '<p>Size <select><option>S</option><option>M</option></select></p>',
      'Size S',
    ],
    ['a text to be changed', '<textarea>One\nTwo</textarea>', 'One\nTwo'],
    ['a button', '<p>Press <button>Start</button> now.</p>', 'Press Start now.'],
    ['an open panel and a closed one', '<details><summary>Why?</summary><p>So.</p></details>', 'Why?\n\nSo.'],
    [
      'a panel that is hidden from listeners',
      '<div aria-hidden="true"><p>Its text.</p></div><i aria-hidden="true">x</i>',
      'Its text.',
    ],
    [
      'a drawing’s words',
      '<svg><title>no</title><defs><text>no</text></defs><text>Inlet</text><text>Outlet</text></svg>',
      'Inlet Outlet',
    ],
    [
      'an equation',
      '<math><mi>A</mi><mo>=</mo><mfrac><mi>x</mi><mn>2</mn></mfrac><msup><mi>r</mi><mn>2</mn></msup><annotation>no</annotation></math>',
      'A=x/2r^2',
    ],
    ['a power', '<p>10<sup>6</sup> cm<sup>2</sup>, as said<sup>1</sup></p>', '10^6 cm^2, as said^1'],
    ['a line that is no heading’s', '<p>Words<br>---</p>', 'Words\n\\---'],
  ])('with %s is read as it is seen', async (_, body, text) => {
    expect(await page(body)).toBe(text)
  })

  test('whose head is not closed has its text', async () => {
    expect((await read('<html><head><title>T</title><meta charset=utf-8><body><p>Its text.')).text).toBe('Its text.')
  })

  test('whose title stands outside of its main part keeps it', async () => {
    const text = await page(
      `<header><h1>Ferries</h1><p>Slogan</p></header><main><p>${'They sail daily. '.repeat(10)}</p></main>`,
    )
    expect(text.startsWith('# Ferries\n\nThey sail daily.')).toBe(true)
    expect(text).not.toContain('Slogan')
  })

  test('most of which stands outside of its articles is read whole', async () => {
    const text = await page(
      `<div><p>${'The page itself. '.repeat(40)}</p></div><article>${'A teaser. '.repeat(12)}</article>`,
    )
    expect(text).toContain('The page itself.')
  })

  test.each([
    [
      'lists that go on, count back, or by letters and Roman numbers',
      '<ol start=3><li>a<li value=7>b<li>c</ol><ol reversed start=2><li>x<li>y</ol><ol type=A><li>p<ol style="list-style-type: lower-roman"><li>q<li>r</ol></ol>',
      '3. a\n7. b\n8. c\n2. x\n1. y\nA) p\n  i) q\n  ii) r',
    ],
    [
      'spans',
      '<table><tr><th rowspan=2>Model<th colspan=2>Pressure<tr><th>low<th>high<tr><td rowspan=2>V1<td>1<td>2<tr><td colspan=2>3<tr><td colspan=3>The new ones<tr><td>V2<td>4<td>5</table>',
      '| Model | Pressure / low | Pressure / high |\n| --- | --- | --- |\n| V1 | 1 | 2 |\n| V1 | 3 | 3 |\n| The new ones |  |  |\n| V2 | 4 | 5 |',
    ],
    [
      'a table of properties',
      '<table><tr><th>Weight<td>5 kg<tr><th>Height<td>2 m</table>',
      '|  |  |\n| --- | --- |\n| Weight | 5 kg |\n| Height | 2 m |',
    ],
    [
      'a table in a table’s cell',
      '<table><tr><td><p>Left</p><td><table><tr><th>a<th>b<tr><td>1<td>2</table></table>',
      'Left\n\n| a | b |\n| --- | --- |\n| 1 | 2 |',
    ],
    ['a table of one column', '<table><tr><td>One<tr><td>Two</table>', 'One\n\nTwo'],
    [
      'a list in a cell',
      '<table><tr><th>Step<th>Parts<tr><td>1<td><ul><li>nut<li>bolt</ul></table>',
      '| Step | Parts |\n| --- | --- |\n| 1 | nut bolt |',
    ],
  ])('with %s', async (_, body, text) => {
    expect(await page(body)).toBe(text)
  })

  test.each([
    ['in a comment', '<!-- <meta charset="windows-1251"> --><meta charset="windows-1252">', 'Gr\xfc\xdfe', 'Grüße'],
    [
      'in a script',
      '<script>"<meta charset=koi8-r>"</script><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">',
      'Gr\xfc\xdfe',
      'Grüße',
    ],
    [
      'in the text',
      '</head><body><p>Write &lt;meta charset="utf-16"&gt; or <code><meta charset="koi8-r"></code>. ',
      'Gr\xfc\xdfe',
      'Grüße',
    ],
  ])('is not in the charset of an example %s', async (_, head, words, seen) => {
    const bytes = Buffer.from(`<!doctype html><html><head>${head}<p>${words}</p>`, 'latin1')
    expect((await read(bytes)).text).toContain(seen)
  })
})

describe('a text', () => {
  const russian = 'Привет, это обычный русский текст о погоде и о том, как мы живем.'
  const bytesOf = (text: string, first: number) =>
    Uint8Array.from(text, (letter) => (letter > '\x7f' ? letter.charCodeAt(0) - first : letter.charCodeAt(0)))
  test.each([
    [
      'one letter of several bytes is cut off at its end',
      Buffer.concat([Buffer.from('Größe und Maß, für alle'), Buffer.from([0xc3])]),
      'Größe und Maß, für alle\ufffd',
    ],
    [
      'of UTF-8 with a mark and a stray byte',
      Buffer.concat([Buffer.from('\ufeffGröße '), Buffer.from([0xff])]),
      'Größe \ufffd',
    ],
    [
      'of UTF-16 with a byte too many',
      Buffer.concat([Buffer.from('\ufeffGröße', 'utf16le'), Buffer.from([0x41])]),
      'Größe\ufffd',
    ],
    ['with a stray control character', Buffer.from('Grö\u0001ße und\0 Maß'), 'Grö\u0001ße und  Maß'],
    ['of Russian in windows-1251, which nothing declares', bytesOf(russian, 0x350), russian],
    [
      'with soft hyphens and characters without a width',
      Buffer.from('Soft\u00adware zero\u200bwidth\ufeff co\u200dop'),
      'Software zerowidth coop',
    ],
    ['of Persian, whose joiners are letters’ shapes', Buffer.from('می\u200cخواهم'), 'می\u200cخواهم'],
  ])('%s', async (_, bytes, text) => {
    expect((await read(bytes)).text).toBe(text)
  })

  test('is UTF-8 when it is that, whatever its sender declares', async () => {
    expect((await read('Größe und Maß', { contentType: 'text/plain; charset=iso-8859-1' })).text).toBe('Größe und Maß')
    const latin = Buffer.from('Gr\xf6\xdfe und Ma\xdf', 'latin1')
    expect((await read(latin, { contentType: 'text/plain; charset=utf-8' })).text).toBe('Größe und Maß')
  })

  test('about PDFs is a text, and one that only looks like a mail’s head is a note', async () => {
    const about = '# Files\n\nThe first line of a PDF is\n\n%PDF-1.7\n\nand the last one %%EOF, before nothing else.\n'
    expect(await read(about, { name: 'about.md' })).toMatchObject({ kind: 'markdown', text: about })
    expect((await read('Subject: keys\nDate: today\n\nThey are on the hook.')).kind).toBe('text')
  })
})

describe('a mail', () => {
  const mail = (...lines: string[]) => lines.join('\r\n')

  test('in two forms is read once, as its HTML; a picture in it is none of its files', async () => {
    const { text, title } = await read(
      mail(
        'From: =?utf-8?Q?J=C3=BCrgen?= <j@example.test>',
        'To: "Ada, A." <a@example.test>, b@example.test',
        'Date: Mon, 2 Mar 2026 10:00:00 +0000',
        'Subject: Prices',
        'MIME-Version: 1.0',
        'Content-Type: multipart/alternative; boundary=x',
        '',
        '--x',
        'Content-Type: text/plain; charset=utf-8',
        '',
        'Plain prices.',
        '--x',
        'Content-Type: text/html; charset=iso-8859-1',
        'Content-Transfer-Encoding: quoted-printable',
        '',
        '<table><tr><td><h1>Hello</h1><p>Gr=FC=DFe.</p></td></tr></table>',
        '--x--',
      ),
    )
    expect(title).toBe('Prices')
    expect(text).toBe(
      '# Prices\n\nFrom: Jürgen <j@example.test>\nTo: Ada, A. <a@example.test>, b@example.test\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n\n# Hello\n\nGrüße.',
    )
  })

  test('without a program’s own fields is one by its name; a file that can’t be read is named', async () => {
    const text = mail(
      'From: a@example.test',
      'Subject: Photo',
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      '',
      'See there.',
      '--x',
      'Content-Type: image/png; name="roof.png"',
      'Content-Disposition: attachment; filename="roof.png"',
      'Content-Transfer-Encoding: base64',
      '',
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ',
      '--x--',
    )
    expect((await read(text, { name: 'photo.eml' })).text).toBe(
      '# Photo\n\nFrom: a@example.test\n\nSee there.\n\nAttached: roof.png',
    )
  })

  test('forwarded in a mail is read, and so are several in one file', async () => {
    const one = (subject: string) =>
      mail(
        'From: a@example.test',
        `Subject: ${subject}`,
        'Message-ID: <1@x>',
        'Date: Mon, 2 Mar 2026 10:00:00 +0000',
        '',
        `About ${subject}.`,
        '',
      )
    const mbox = `From a@example.test Mon Mar  2 10:00:00 2026\n${one('keys')}\r\nFrom a@example.test Mon Mar  2 10:01:00 2026\n${one('doors')}`
    const { kind, text } = await read(mbox)
    expect(kind).toBe('mail')
    for (const words of ['# keys', 'About keys.', '# doors', 'About doors.']) expect(text).toContain(words)
    const forward = mail(
      'From: b@example.test',
      'Subject: Fwd',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      '',
      'See below.',
      '--x',
      'Content-Type: message/rfc822',
      '',
      one('locks'),
      '--x--',
    )
    const forwarded = (await read(forward)).text
    for (const words of ['# Fwd', 'See below.', 'About locks.']) expect(forwarded).toContain(words)
  })
})
