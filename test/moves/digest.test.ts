import { expect, test } from 'vitest'
import { digestRecord } from '../../src/moves/verify/digest.ts'

const record = (metadata: Record<string, string | number>) => digestRecord({ id: 'a#0', values: [1, 0.5], metadata })

test('where a chunk stands in its document is a part of its record; the stamp of a move is none', () => {
  const plain = record({ text: 'x', _tr_start: 0, _tr_end: 1 })
  expect(record({ _tr: 7, _tr_end: 1, _tr_start: 0, text: 'x' })).toBe(plain)
  expect(record({ text: 'x', _tr_start: 0, _tr_end: 2 })).not.toBe(plain)
  expect(record({ text: 'x', _tr_start: 0, _tr_end: 1, _tr_heading: 'Bikes' })).not.toBe(plain)
})
