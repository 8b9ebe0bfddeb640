import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { openStage } from '../../src/demo/stage.ts'

test.each([
  [80, '   copying    [████░░] 1 of 3 (33 %)  reads 120 ok, writes 40 ok'],
  [60, '   copying    [████░░] 1 of 3 (33 %)'],
])('on a terminal of %i columns the bar is shown whole, and what does not fit is left out', (columns, expected) => {
  const out = Object.assign(new PassThrough(), { isTTY: true, columns })
  const stage = openStage(out as unknown as NodeJS.WriteStream)
  stage.ticker('copying    [████░░] 1 of 3 (33 %)', 'reads 120 ok, writes 40 ok')
  expect(stripVTControlCharacters(String(out.read())).replaceAll('\r', '')).toBe(expected)
})
