import { expect, test } from 'vitest'
import { readSheet } from '../../src/ingest/sheet/read-sheet.ts'
import { packed, sheet, xlsx } from './make-office.ts'

const cellsOf = async (bytes: Uint8Array, contentType?: string) =>
  (await readSheet({ bytes, contentType })).map(({ cells }) => cells)

const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])
const western = (text: string) => Buffer.from(text, 'latin1')

test.each<[string, Uint8Array]>([
  ['commas', Buffer.from('id,name\nmuller,Müller GmbH\n')],
  ['semicolons', Buffer.from('id;name\r\nmuller;Müller GmbH\r\n')],
  ['tabs', Buffer.from('id\tname\nmuller\tMüller GmbH')],
  ['a byte order mark', Buffer.from('\ufeffid,name\nmuller,Müller GmbH')],
  ['quotes', Buffer.from('"id","name"\n"muller","Müller GmbH"')],
  ['windows-1252', western('id;name\nmuller;Müller GmbH\n')],
  ['UTF-16, as Excel writes "Unicode text"', utf16('id\tname\r\nmuller\tMüller GmbH\r\n')],
  ['a line sep=', Buffer.from('sep=;\r\nid;name\r\nmuller;Müller GmbH\r\n')],
  ['empty lines', Buffer.from('\nid,name\n\n,\nmuller , Müller GmbH \n\n')],
  ['a workbook', xlsx({ Accounts: sheet(['id', 'name'], ['muller', 'Müller GmbH']) })],
  [
    'a workbook whose first sheet is hidden',
    xlsx(
      { Notes: sheet(['secret']), Accounts: sheet(['id', 'name'], ['muller', 'Müller GmbH']) },
      { hidden: ['Notes'] },
    ),
  ],
])('a table with %s has the same rows', async (_, bytes) => {
  expect(await cellsOf(bytes)).toEqual([
    ['id', 'name'],
    ['muller', 'Müller GmbH'],
  ])
})

test('lines are numbered as an editor numbers them', async () => {
  const rows = await readSheet({ bytes: Buffer.from('id,name\n\na,"two\nlines"\nb,B\n') })
  expect(rows.map(({ line }) => line)).toEqual([1, 3, 5])
})

test('a number in a workbook is its digits', async () => {
  expect(await cellsOf(xlsx({ A: sheet(['CRM id'], [40_012_345_678]) }))).toEqual([['CRM id'], ['40012345678']])
})

test.each<[string, Uint8Array, string]>([
  ['an old workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'Save it as .xlsx or CSV'],
  ['a ZIP', packed({ 'a.txt': 'a' }), 'no Excel workbook'],
  ['a broken workbook', xlsx({ A: sheet(['a']) }).slice(0, 200), 'broken'],
  ['a workbook with an entity', xlsx({ A: `<!DOCTYPE x [<!ENTITY a "b">]>${sheet(['a'])}` }), 'document type'],
  ['a picture', Buffer.from(Array.from({ length: 400 }, (_, n) => n % 20)), 'not supported'],
  ['a quote without its end', Buffer.from('id,name\na,"A\nb,B\n'), 'quote'],
  [
    '10,001 rows',
    Buffer.from(`id\n${Array.from({ length: 10_001 }, (_, n) => `t${n}`).join('\n')}`),
    'more than 10000 rows',
  ],
])('%s is refused with a sentence', async (_, bytes, words) => {
  await expect(readSheet({ bytes })).rejects.toMatchObject({
    code: 'unreadable_document',
    message: expect.stringContaining(words),
  })
})
