import { readdir, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { TwoReplicas } from '../support/two-replicas.ts'
import { docx, paragraph } from './make-files.ts'
import { odt, packed, relation, relations, sheet, xlsx } from './make-office.ts'

/**
 * Files of other people, sent to one replica and found by their words through both, while the store shows late what is
 * written.
 */

const lagMs = 1_200
const files = new URL('./files/', import.meta.url)

/** The words of each file of `files/` that a person who looks for them must find in one chunk. */
const kept: Readonly<Record<string, readonly string[]>> = {
  'docx-odds/odds.docx': ['The fee is twelve euros.', 'Moved sentence about herons.', 'Area: A=pi*r^2 end.', 'nonstop'],
  'email-garbage/order.eml': [
    'Your order of the copper kettle is on its way.',
    'The cistern holds four hundred litres',
  ],
  'email-garbage/confluence-export.doc': ['Every employee has thirty days of holiday a year; grüße from HR.'],
  'heading-in-button-lost/faq.html': [
    'Can I bring my ferret on the ferry? Yes, in a closed crate of at most 40 cm.',
    'How do I change the name on a ticket? Up to two hours before departure, for 15 EUR',
  ],
  'heading-quoted-as-answer/faq.md': [
    'Why was my bag opened? Customs may open a bag when the label is missing.',
    'Is breakfast included? On night crossings only.',
  ],
  'headings-in-layout-table/old-page.html': [
    'Error E42 The pump is blocked. Turn the screw a quarter to the left.',
    'Error E43 The sensor is wet. Let it dry for a day.',
  ],
  'list-numbers-wrong/steps.docx': ['3. Pump the lever. 4. Close the valve.'],
  'list-numbers-wrong/steps.html': [
    '3. Pump the lever. 4. Close the valve.',
    'a) Brass fittings are excluded. b) Rubber seals are covered.',
  ],
  'long-heading-lost/contract.md': ['demurrage of the zeppelin hangar', 'marmoset allowance is withheld'],
  'long-heading-lost/contract.docx': ['demurrage of the zeppelin hangar', 'marmoset allowance is withheld'],
  'long-heading-lost/lead-paragraph.pdf': ['harbour board of Quillmouth', 'before the nesting season.'],
  'markdown-about-charsets/guide.md': ['Umlaute wie ä, ö, ü und das ß überleben so jede Übertragung.'],
  'markdown-about-charsets/notes.txt': ['Das müssen wir ändern, überall.'],
  'markdown-fence-info/fence.md': ['Shell recipes > Restore Copy the dump back.', '# remove the volume rm -rf data'],
  'markdown-front-matter/post.md': ['Winter tyres are mandatory from November on.'],
  'meta-latin1-but-utf8/page.html': ['Täglich von acht bis zwölf Uhr für alle Gäste geöffnet'],
  'one-bad-byte-mojibake/truncated.txt': ['Die Überprüfung der Kühlräume ist täglich zu dokumentieren.'],
  'one-bad-byte-mojibake/umlaut.html': ['Die Überprüfung der Kühlräume', 'nur mit gültiger Bevollmächtigung.'],
  'one-bad-byte-mojibake/umlaut.txt': ['Größere Mängel meldet der Küchenchef dem Prüfer.'],
  'pdf-bytes-before-header/bom.pdf': ['The cistern holds four hundred litres and is emptied in October.'],
  'pdf-bytes-before-header/http-head.pdf': ['The cistern holds four hundred litres and is emptied in October.'],
  'pdf-bytes-before-header/newline.pdf': ['The cistern holds four hundred litres and is emptied in October.'],
  'pdf-running-headers/manual.pdf': ['Every day the operator checks the belt before each shift and writes the reading'],
  'quote-cut-at-bracket/tower.md': [
    'The lighthouse of Quorn is 41 metres tall.',
    'Your marmalade limit for toast is used up. It starts again at midnight.',
  ],
  'rotated-stamp-becomes-heading/stamped.pdf': ['Care of sourdough', 'In winter the starter rests in the cellar'],
  'table-header-lost/valves.csv': ['| Valve model V107 |', '| Valve model V139 |'],
  'table-header-lost/valves.html': ['| Valve model V107 |', '| Valve model V139 |'],
  'table-header-lost/valves.md': ['| Valve model V107 |', '| Valve model V139 |'],
  'two-column-hyphens/two-columns.pdf': [
    'a permit of the county before the drilling begins; the installation takes nine days.',
    'a certified technician, who notes it in the logbook of the house.',
  ],
  'wrong-citation-from-quoted-marks/quorn.md': ['The lantern of Quorn burns whale oil', 'In the code use values[2]'],
}

/** Small files of office programs, made here. */
const made: readonly (readonly [name: string, bytes: Uint8Array, words: readonly string[]])[] = [
  [
    'letter.docx',
    docx(paragraph('Terms', 'H1') + paragraph('Payment comes within a month.')),
    ['Payment comes within'],
  ],
  [
    'prices.xlsx',
    xlsx({ Springs: sheet(['Model', 'Price'], ['S1 soft', 7]) }),
    ['| Model | Price | | --- | --- | | S1 soft'],
  ],
  ['care.odt', odt('<text:p>Belts are tightened twice a year.</text:p>'), ['Belts are tightened twice a year.']],
  [
    'talk.pptx',
    packed({
      'ppt/presentation.xml': '<p:presentation><p:sldIdLst><p:sldId r:id="a"/></p:sldIdLst></p:presentation>',
      'ppt/_rels/presentation.xml.rels': relations(relation('a', 'slide', 'slides/slide1.xml')),
      'ppt/slides/slide1.xml':
        '<p:sld><p:sp><p:txBody><a:p><a:r><a:t>Windmills stand still on Sundays.</a:t></a:r></a:p></p:txBody></p:sp></p:sld>',
    }),
    ['Windmills stand still on Sundays.'],
  ],
  [
    'book.epub',
    packed({
      mimetype: 'application/epub+zip',
      'META-INF/container.xml': '<container><rootfiles><rootfile full-path="book.opf"/></rootfiles></container>',
      'book.opf':
        '<package><manifest><item id="a" href="one.xhtml"/></manifest><spine><itemref idref="a"/></spine></package>',
      'one.xhtml': '<html><body><h1>Rye</h1><p>The dough rests for twenty hours.</p></body></html>',
    }),
    ['Rye The dough rests for twenty hours.'],
  ],
]

interface Sent {
  readonly id: string
  readonly words: readonly string[]
}
const sent: readonly Sent[] = [
  ...Object.entries(kept).flatMap(([path, words]) => [
    { id: idOf(path), words },
    ...(isText(path) ? [{ id: `put-${idOf(path)}`, words }] : []),
  ]),
  ...made.map(([name, , words]) => ({ id: idOf(name), words })),
]

let world: TwoReplicas
beforeAll(async () => {
  world = await TwoReplicas.open()
  world.lag(lagMs)
  for (const [at, [path]] of Object.entries(kept).entries()) {
    const bytes = await readFile(new URL(path, files))
    const replica = at % 2 === 0 ? 'a' : 'b'
    await world.upload(replica, idOf(path), bytes, basename(path))
    if (isText(path)) await world.done(replica, `/documents/put-${idOf(path)}`, { text: bytes.toString() }, 'PUT')
  }
  for (const [name, bytes] of made) await world.upload('b', idOf(name), bytes, name)
}, 120_000)
afterAll(() => world[Symbol.asyncDispose]())

test('each file of the folder is asked for', async () => {
  const there = await readdir(files, { recursive: true, withFileTypes: true })
  const paths = there.filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${basename(parentPath)}/${name}`)
  expect(paths.toSorted()).toEqual(Object.keys(kept).toSorted())
})

test.each(sent)('$id is found by its words through both replicas', async ({ id, words }) => {
  for (const replica of ['a', 'b'] as const) {
    for (const query of words) {
      await vi.waitFor(
        async () => {
          const { json } = await world.done(replica, '/retrieve', { query, topK: 20, mode: 'hybrid' })
          const own = (json.matches as Match[]).filter(({ documentId }) => documentId === id)
          expect(own.map(({ text }) => onOneLine(text))).toContainEqual(expect.stringContaining(onOneLine(query)))
        },
        { timeout: 60_000, interval: 200 },
      )
    }
  }
})

interface Match {
  readonly documentId: string
  readonly text: string
}

function idOf(path: string): string {
  return path.replace(/\W+/g, '-')
}

function isText(path: string): boolean {
  return /\.(?:md|txt)$/.test(path)
}

/** A person does not see how many blanks stand between words. */
function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}
