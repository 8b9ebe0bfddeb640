import { expect, test } from 'vitest'
import { parseJson } from '../../src/http/pipeline/read-body.ts'
import { refuseUnstorableUrl } from '../../src/http/request/unstorable.ts'

const parse = (text: string) => parseJson(new TextEncoder().encode(text))

test.each([
  ['a NUL in a value', '{"a":{"b":["x\\u0000y"]}}'],
  ['a NUL in a name', '{"a\\u0000":1}'],
  ['half a surrogate pair', '{"a":"\\ud83d"}'],
])('%s is refused before it can reach Postgres', (_, text) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
})

test('whole pairs, and a backslash before u0000, are ordinary text', () => {
  expect(parse('{"a":"\\ud83d\\ude00","b":"\\\\u0000"}')).toEqual({ a: '\u{1f600}', b: '\\u0000' })
})

test('an address with a NUL is refused', () => {
  expect(() => refuseUnstorableUrl('http://x/documents/a%00')).toThrow('NUL')
})
