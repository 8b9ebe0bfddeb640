import { expect, test } from 'vitest'
import { shutDown } from '../src/shutdown.ts'

function notes() {
  const lines: string[] = []
  return {
    lines,
    report: { info: (line: string) => void lines.push(line), error: (line: string) => void lines.push(line) },
  }
}

test('phases run one after the other, and each is reported', async () => {
  const { lines, report } = notes()
  const order: string[] = []
  const phase = (name: string) => ({ name, limitMs: 1000, run: async () => void order.push(name) })
  expect(await shutDown([phase('listeners'), phase('pools')], report)).toBe(0)
  expect(order).toEqual(['listeners', 'pools'])
  expect(lines).toEqual(['shutdown: listeners', 'shutdown: pools'])
})

test('a phase that hangs is named, and one that fails too; the rest still run', async () => {
  const { lines, report } = notes()
  let reached = false
  const failed = await shutDown(
    [
      { name: 'hangs', limitMs: 5, run: () => new Promise(() => undefined) },
      { name: 'fails', limitMs: 1000, run: () => Promise.reject(new Error('no such pool')) },
      {
        name: 'last',
        limitMs: 1000,
        run: async () => {
          reached = true
        },
      },
    ],
    report,
  )
  expect([failed, reached]).toEqual([2, true])
  expect(lines).toContain('shutdown: "hangs" did not end within 5 ms; going on without it')
  expect(lines).toContain('shutdown: "fails" failed: no such pool')
})
