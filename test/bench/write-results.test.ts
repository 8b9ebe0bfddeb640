import { expect, test } from 'vitest'
import { type BenchResult, jsonLine } from '../../bench/harness/report.ts'
import { benchmarksPage, withTable } from '../../bench/harness/write-results.ts'

const result: BenchResult = {
  bench: 'overhead',
  rows: [['1 × SDK, p50 ms', '21.00 (20.50–22.00)']],
  goals: [
    { what: '1 × p50 ratio', value: 1.0312345, limit: 1.05, sense: 'at most' },
    { what: '1 × p99 ratio', value: 1.2, limit: 1.1, sense: 'at most' },
  ],
}
const line = JSON.parse(jsonLine(result, true, { loopS: 0.41, load: 0.2 }))

test('the JSON line of a benchmark says what was reached, by which machine', () => {
  expect(line).toMatchObject({
    bench: 'overhead',
    reached: false,
    quick: true,
    rows: { '1 × SDK, p50 ms': '21.00 (20.50–22.00)' },
  })
  expect(line.goals).toMatchObject([
    { value: 1.0312, reached: true },
    { value: 1.2, reached: false },
  ])
  expect(line.machine).toMatch(/^\d+ cores? \(.+\), \d+ GB, .+, Node 24/)
})

test('the page has every row, and says of each goal whether it was reached', () => {
  const page = benchmarksPage([line])
  expect(page).toContain('| 1 × SDK, p50 ms | 21.00 (20.50–22.00) |')
  expect(page).toContain('; a fixed loop takes 0.41 s there, load 0.2 before the run; a quick run.')
  expect(page).toContain('| 1 × p50 ratio | 1.031 | at most 1.05 | yes |')
  expect(page).toContain('| 1 × p99 ratio | 1.2 | at most 1.1 | **no** |')
})

test('the table goes between its marks in the README, twice too, and nowhere else', () => {
  const readme = 'before\n<!-- benchmarks: made by `npm run bench -- --write` -->\nold\n<!-- /benchmarks -->\nafter\n'
  const once = withTable(readme, [line])
  expect(once).toMatch(
    /^before\n<!-- benchmarks[\s\S]*\| overhead: 1 × p50 ratio \| 1\.031 [\s\S]*<!-- \/benchmarks -->\nafter\n$/,
  )
  expect(once).not.toContain('old')
  expect(once, 'the page has what README leaves out').not.toContain('1 × p99 ratio')
  expect(withTable(once, [line])).toBe(once)
  expect(() => withTable('no marks', [line])).toThrow('no place')
})
