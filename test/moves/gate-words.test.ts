import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { gateKinds } from '../../src/moves/state/gate.ts'
import { gateWords } from '../../src/moves/state/gate-words.ts'

test('the runbook has one row for each kind of gate, and none for another', async () => {
  const text = await readFile(new URL('../../docs/runbook.md', import.meta.url), 'utf8')
  const [, table = ''] = /\| `waitsFor\.kind` [^\n]*\n\|---\|---\|---\|\n((?:\|[^\n]*\n)*)/.exec(text) ?? []
  const rows = [...table.matchAll(/^\| `(\w+)` \| (.+?) \| (.+?) \|$/gm)]
  expect(rows.map(([, kind]) => kind)).toEqual([...gateKinds])
})

test('each gate names its culprit where one is known, and is a sentence without one', () => {
  for (const kind of gateKinds) expect(gateWords({ kind, count: 1 })).not.toContain('undefined, ')
  const doubt = { kind: 'write_in_doubt', count: 1, record: 'r7', replica: 'host-b', index: 'pool-1' } as const
  expect(gateWords({ ...doubt, until: '2026-11-28T10:00:05.000Z' })).toBe(
    '1 write(s) that got no answer from the store may still land (record r7, index pool-1, replica host-b), until 10:00:05 UTC at the latest',
  )
  expect(gateWords({ kind: 'switch_missed', because: doubt })).toContain(
    'writes were held and nothing was switched, for 1 write(s) that got no answer',
  )
})
