import { expect, test } from 'vitest'
import { isTime, readNumberKey as key, pageOf, readCursor } from '../src/cursor.ts'

const cursorOf = (list: string) => pageOf(list, [7, 8], 1, (row) => row).nextCursor ?? ''

test('a cursor holds the key of the last row of its page', () => {
  const page = pageOf('rows', [3, 5, 8], 2, (row) => row)
  expect(page.items).toEqual([3, 5])
  expect(readCursor('rows', page.nextCursor ?? '', key)).toBe(5)
})

test('the last page has no cursor, and the first needs none', () => {
  expect(pageOf('rows', [3, 5], 2, (row) => row)).toEqual({ items: [3, 5], nextCursor: null })
  expect(readCursor('rows', undefined, key)).toBeUndefined()
})

test.each([
  ['of another list', cursorOf('others'), 'cursor: is a cursor of another list'],
  ['of an earlier version', Buffer.from('t1:7').toString('base64url'), 'no cursor of this version of the service'],
  ['that was made up', 'made-up', 'no cursor of this version of the service'],
  ['with another key', Buffer.from('c1:rows:\0').toString('base64url'), 'cursor: is not a cursor of this list'],
])('a cursor %s is refused, and the refusal says so', (_, cursor, words) => {
  expect(() => readCursor('rows', cursor, key)).toThrow(
    expect.objectContaining({
      code: 'invalid_request',
      message: expect.stringContaining(words),
      faults: [{ path: 'cursor', message: expect.any(String) }],
    }),
  )
})

test.each([
  ['2026-11-22T01:23:24.052123Z', true],
  ['2026-11-22T00:00:00Z', true],
  ['2026-02-31T00:00:00Z', false],
  ['2026-99-99T00:00:00Z', false],
  ['2026-11-22', false],
  ["2026-11-22T00:00:00Z'", false],
  ['nonsense', false],
])('%s is a time: %s', (text, is) => {
  expect(isTime(text)).toBe(is)
})
