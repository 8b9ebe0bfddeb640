import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { roomArrows } from '../../scripts/arrows/table.ts'
import { checkLinks } from '../../scripts/links.ts'
import { checkParagraphs } from '../../scripts/paragraphs.ts'
import { architecturePicture } from '../../scripts/pictures/architecture.ts'
import { withoutDetours } from '../../scripts/pictures/layers.ts'
import { recordingPicture } from '../../scripts/pictures/recording.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'docs-checks-'))
  for (const folder of ['docs', 'src', 'test', 'clients', 'model', 'bench']) await mkdir(join(root, folder))
})
afterAll(() => rm(root, { recursive: true }))

test('a paragraph or a point of a list above the limit is named; tables, code and numbered rules may be longer', async () => {
  const long = 'word '.repeat(130).trim()
  await writeFile(
    join(root, 'README.md'),
    `# x\n\nshort\n\n| a |\n|---|\n| ${long} |\n\n1. ${long}\n\n\`\`\`\n${long}\n\`\`\`\n`,
  )
  expect(await checkParagraphs(root)).toEqual([])
  await writeFile(join(root, 'docs/a.md'), `${long}\n\n- short\n- in a list, ${long}\n`)
  expect(await checkParagraphs(root)).toEqual([
    expect.stringMatching(/^docs\/a\.md: a paragraph of 649 characters/),
    expect.stringMatching(/^docs\/a\.md: a paragraph of 660 characters/),
  ])
})

test('a link of a page that leads to no file is named, wherever the page is; code and the web are left alone', async () => {
  await writeFile(
    join(root, 'README.md'),
    '[a](docs/a.md#part) [b](docs/b.md) [c](https://example.com/x) `[d](gone.md)`\n',
  )
  await writeFile(join(root, 'docs/a.md'), '[up](../README.md) ![none](pictures/none.svg)\n')
  expect(await checkLinks(root)).toEqual([
    'README.md: links to docs/b.md, which is not there',
    'docs/a.md: links to pictures/none.svg, which is not there',
  ])
})

test('the picture of the rooms has every room of the table, and leaves out an arrow that a longer way says', () => {
  const svg = architecturePicture()
  expect(Object.keys(roomArrows).filter((room) => !svg.includes(`>${room}</text>`))).toEqual([])
  expect(withoutDetours({ a: ['b', 'c'], b: ['c'], c: [] })).toEqual({ a: ['b'], b: ['c'], c: [] })
})

test('a recording is drawn as it stood on the terminal: lines written over, moved to, erased and scrolled away', () => {
  const lines = [
    [0.1, 'o', 'first\r\n\u001b[32mgreen\u001b[39m & plain\r\n'],
    [1, 'o', 'half\r\u001b[2Kwhole\r\n\u001b[2A\u001b[G\u001b[2Ksecond\u001b[2B\u001b[G'],
    [2, 'o', 'last\r\nscrolled'],
  ]
  const header = { version: 2, width: 20, height: 4, title: 'x' }
  const svg = recordingPicture([header, ...lines].map((line) => JSON.stringify(line)).join('\n'))
  const drawn = new Map([...svg.matchAll(/<text id="(l\d+)"[^>]*>(.*)<\/text>/g)].map(([, id, line]) => [id, line]))
  const frames = [...svg.matchAll(/<g class="frame"[^>]*>(.*)<\/g>/g)].map(([, uses = '']) =>
    [...uses.matchAll(/href="#(l\d+)"/g)].map(([, id]) => (drawn.get(id) ?? '').replaceAll(/<[^>]+>/g, '')),
  )
  expect(frames).toEqual([
    ['first', 'green &amp; plain'],
    ['first', 'second', 'whole'],
    ['second', 'whole', 'last', 'scrolled'],
  ])
  expect(svg).toContain('class="green">green<')
})

test('an escape sequence that the drawing does not know is refused, not passed over', () => {
  const header = JSON.stringify({ version: 2, width: 20, height: 4, title: 'x' })
  expect(() => recordingPicture(`${header}\n${JSON.stringify([0, 'o', '\u001b[5S'])}`)).toThrow('5S')
})
