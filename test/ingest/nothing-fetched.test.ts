import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startExtractor } from '../../src/ingest/extract/process/start-extractor.ts'
import type { Extractor } from '../../src/ingest/extractor.ts'
import { pdf } from './make-files.ts'
import { odt, relations, sheet, xlsx } from './make-office.ts'

let extractor: Extractor
let server: Server
let url: string
const asked: (string | undefined)[] = []
beforeAll(async () => {
  extractor = startExtractor({ readers: 1 })
  server = createServer((request, response) => {
    asked.push(request.url)
    response.end('stolen')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.close()
  await extractor[Symbol.asyncDispose]()
})

const external = (id: string, kind: string) =>
  `<Relationship Id="${id}" TargetMode="External" Target="${url}/${kind}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${kind}"/>`

/** Files that name an address wherever their format lets them. */
const files: Readonly<Record<string, () => Uint8Array | Promise<Uint8Array>>> = {
  'a workbook with another one’s values and a picture': () =>
    xlsx(
      { Prices: sheet(['Own text.', 'b'], ['V100', 120]) },
      {
        more: {
          'xl/externalLinks/externalLink1.xml': '<externalLink><externalBook r:id="x1"/></externalLink>',
          'xl/externalLinks/_rels/externalLink1.xml.rels': relations(external('x1', 'externalLinkPath')),
          'xl/worksheets/_rels/sheet1.xml.rels': relations(external('x2', 'image'), external('x3', 'hyperlink')),
        },
      },
    ),
  'a text with a linked picture, frame and object': () =>
    odt(`<text:p>Own text.<draw:frame><draw:image xlink:href="${url}/picture"/></draw:frame>
      <draw:frame><draw:object xlink:href="${url}/object"/></draw:frame>
      <text:section><text:section-source xlink:href="${url}/section"/></text:section></text:p>`),
  'a page with all that pages load': () =>
    Buffer.from(`<!doctype html><html><head><base href="${url}/"><link rel=stylesheet href="a.css">
      <meta http-equiv=refresh content="0;url=${url}/refresh"><script src="b.js"></script>
      <style>@import "${url}/c.css"; p { background: url(${url}/d.png) }</style></head><body><p>Own text.</p>
      <img src="e.png" srcset="f.png 2x" alt=""><iframe src="g"></iframe><object data="h"></object><embed src="i">
      <video src="j" poster="k"></video><svg><image href="l"/><use href="${url}/m#a"/></svg></body></html>`),
  'a mail with a body elsewhere and remote pictures': () =>
    Buffer.from(
      [
        'From: a@example.com\r\nSubject: Hours\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n',
        `--b\r\nContent-Type: text/html\r\n\r\n<p>Own text.</p><img src="${url}/pixel">\r\n`,
        `--b\r\nContent-Type: message/external-body; access-type=URL; URL="${url}/body"\r\n\r\nContent-Type: text/plain\r\n\r\n`,
        '--b--\r\n',
      ].join(''),
    ),
  'a PDF with links and an action at its opening': () =>
    pdf((doc) => {
      doc.text('Own text.', { link: `${url}/link` })
      const root = (doc as unknown as { _root: { data: Record<string, unknown> } })._root
      root.data.OpenAction = { S: 'URI', URI: new String(`${url}/open`) }
    }),
}

test.each(Object.keys(files))('%s is read, and nothing that it names is asked for', async (name) => {
  const { text } = await extractor.extract({ bytes: await (files[name] as () => Promise<Uint8Array>)() })
  expect(text).toContain('Own text.')
  expect(text).not.toContain('stolen')
  expect(asked).toEqual([])
  // The address works: whoever asked it would be seen.
  expect(await (await fetch(`${url}/seen`)).text()).toBe('stolen')
  expect(asked.splice(0)).toEqual(['/seen'])
})
