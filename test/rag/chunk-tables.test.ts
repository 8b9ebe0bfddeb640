import { expect, test } from 'vitest'
import { chunkText } from '../../src/rag/chunks/chunk.ts'
import { chunkRule } from '../../src/rag/chunks/chunk-rule.ts'
import { sizeOf } from '../../src/rag/chunks/chunk-size.ts'

const rule = { ...chunkRule(), tokens: 100, overlap: 12 }
const numbers = (count: number) => Array.from({ length: count }, (_, at) => at)
const header = '| Model | Pressure (bar) | Body |\n|---|:-:|---|'
const rows = numbers(40).map((at) => `| Valve V${100 + at} | ${at} | steel |`)

test('a long table is cut between its rows, and its header stands above the rows of each chunk', async () => {
  const text = `# Valves\n\nAll of them:\n\n${header}\n${rows.join('\n')}\n\nThat is all.`
  const chunks = await chunkText(text, rule)
  const ofTable = chunks.filter((chunk) => chunk.text.includes('Valve V'))
  expect(ofTable.length).toBeGreaterThan(4)
  for (const chunk of ofTable) {
    expect(chunk.text.startsWith(`Valves\n\n${header}\n| Valve V`)).toBe(true)
    expect(chunk.text.endsWith(text.slice(chunk.start, chunk.end))).toBe(true)
    expect(sizeOf(chunk.text).tokens).toBeLessThanOrEqual(rule.tokens)
    expect(chunk.text.split('\n').slice(4)).toEqual(rows.filter((row) => chunk.text.includes(row)))
  }
  for (const row of rows) expect(chunks.filter((chunk) => chunk.text.includes(row))).toHaveLength(1)
  expect(chunks.map(({ text }) => text)).toEqual(
    expect.arrayContaining(['Valves\n\nAll of them:', 'Valves\n\nThat is all.']),
  )
})

test('a table that fits stays with the text around it', async () => {
  const text = `All of them:\n\n${header}\n${rows.slice(0, 2).join('\n')}\n\nThat is all.`
  expect((await chunkText(text, rule)).map((chunk) => chunk.text)).toEqual([text])
})

test('of a table with very many columns each cell stands under its column’s name and beside its row’s', async () => {
  const row = (words: (at: number) => string) => `| ${numbers(60).map(words).join(' | ')} |`
  const text = [
    row((at) => `Column ${at}`),
    `|${'---|'.repeat(60)}`,
    row((at) => `alpha ${at}`),
    row((at) => `beta ${at}`),
  ]
  const chunks = await chunkText(text.join('\n'), rule)
  for (const at of [1, 17, 42, 59]) {
    const chunk = chunks.find((one) => one.text.includes(`| beta ${at} |`))
    expect(chunk?.text).toContain(`| Column ${at} |`)
    expect(chunk?.text).toContain('| beta 0 |')
  }
  for (const { text } of chunks) expect(sizeOf(text).tokens).toBeLessThanOrEqual(rule.tokens)
})

test('a row that is longer than a chunk keeps the header above each of its parts', async () => {
  const long = `| Valve V1 | ${'A sentence on valves. '.repeat(60)}| brass |`
  const chunks = await chunkText(`${header}\n${rows[0]}\n${long}`, rule)
  expect(chunks.length).toBeGreaterThan(4)
  for (const { text } of chunks) {
    expect(text).toContain('| Model | Pressure (bar) | Body |')
    expect(sizeOf(text).tokens).toBeLessThanOrEqual(rule.tokens)
  }
})
