import { expect, test } from 'vitest'
import { termsOf } from '../../src/lexical/terms.ts'
import { passagesOf } from '../../src/models/passages.ts'
import { chunkText } from '../../src/rag/chunks/chunk.ts'

/** A walk that grows with the square of this takes minutes, and one that grows faster never ends. */
const length = 256 * 1024
/** More than a chunk ever has. */
const passageLength = 50_000

const units = 'a|9|#|- |1. |<|<a |[|[1|`|1.|. |Dr.|-|**a|_a|> |&amp|e\u0301|"|('.split('|')
// Blanks, and the units of tables.
const blanksAndTables = [' ', '\n', ' \n', '|-', '| a ']

test.each(units.concat(blanksAndTables))('%j again and again is cut, counted and read', async (unit) => {
  const long = unit.repeat(Math.floor(length / unit.length))
  for (const text of [`${long}!`, `${long}\n`]) {
    const chunks = await chunkText(text, { strategy: 'markdown', tokens: 256, overlap: 32 })
    for (const { start, end } of chunks) expect(end).toBeGreaterThan(start)
  }
  await chunkText(`${long}!`, { strategy: 'sentences', tokens: 256, overlap: 32 })
  termsOf(long)
  passagesOf(`${long.slice(0, passageLength)}!`)
})
