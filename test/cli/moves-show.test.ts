import { expect, test } from 'vitest'
import type { MoveView } from '../../src/moves/show-move.ts'
import { copying, moveId as id } from './copying-move.ts'
import { fakeAdmin } from './fake-admin.ts'
import { runCli } from './run-cli.ts'

async function show(move: MoveView, ...options: readonly string[]) {
  await using admin = await fakeAdmin(() => [200, move])
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
  const { code, out, err } = await runCli(['moves', 'show', id, ...options], env)
  expect([code, err]).toEqual([0, ''])
  return out
}

test('a waiting move shows what it waits for, the culprit, and the next steps as commands to paste', async () => {
  const waiting: MoveView = {
    ...copying,
    gate: '1 write(s) that got no answer from the store may still land (record r000001, index tr-pool-1, replica router-7d9f-b), until 12:01:00 UTC at the latest',
    waitsFor: {
      kind: 'write_in_doubt',
      record: 'r000001',
      replica: 'router-7d9f-b',
      index: 'tr-pool-1',
      operation: 'upsert',
      count: 1,
      since: '2026-11-28T11:59:00.000Z',
      ageS: 60,
      tries: 3,
      nextTryAt: '2026-11-28T12:00:05.000Z',
      until: '2026-11-28T12:01:00.000Z',
    },
    nextSteps: [
      {
        command: `tenant-router moves pause ${id}`,
        effect: 'pauses it and gives its turn to the next; the app keeps writing',
      },
      { command: `tenant-router moves cancel ${id}`, effect: 'drops the target; the tenant stays where it is' },
    ],
  }
  const out = await show(waiting)
  const lines = out.trimEnd().split('\n')
  expect(lines.filter((line) => line.length > 80)).toEqual([])
  expect(lines).toEqual([
    `move      promote of acme (${id})`,
    'state     copying',
    'progress  12 %: 1,200 copied and 0 compared of 5,000, about 5 min left',
    'from      tr-pool-1, a shared index, project default',
    'to        tr-silo-acme-2, an index of its own, project default',
    'written   1,002 record(s) meanwhile, 3 still to be copied',
    'mover     router-7d9f-a',
    'started   2026-11-28 11:58:00 UTC by platform@example.com',
    '',
    'It waits:',
    '  for        1 write(s) that got no answer from the store may still land (record',
    '             r000001, index tr-pool-1, replica router-7d9f-b), until 12:01:00',
    '             UTC at the latest',
    '  kind       write_in_doubt, a row of docs/runbook.md',
    '  record     r000001',
    '  replica    router-7d9f-b',
    '  operation  upsert',
    '  index      tr-pool-1',
    '  count      1',
    '  tries      3, the next at 2026-11-28 12:00:05 UTC',
    '  since      2026-11-28 11:59:00 UTC, for 60 s',
    '  until      2026-11-28 12:01:00 UTC at the latest',
    '',
    'What can be done:',
    `  tenant-router moves pause ${id}`,
    '      pauses it and gives its turn to the next; the app keeps writing',
    `  tenant-router moves cancel ${id}`,
    '      drops the target; the tenant stays where it is',
  ])
  expect(JSON.parse(await show(waiting, '--json'))).toEqual(waiting)
})

test('a move that stopped for a person shows the reason and the choices, each whole on its line', async () => {
  const accept = `tenant-router moves rollback ${id} --accept-loss 412`
  const stopped: MoveView = {
    ...copying,
    state: 'soaking',
    gate: 'a person has to decide: The place in use shows 88 records and the other one 500: 412 that nobody deleted are gone from it.',
    waitsFor: {
      kind: 'needs_person',
      record: null,
      replica: null,
      index: null,
      operation: null,
      count: 412,
      since: '2026-11-28T09:00:00.000Z',
      ageS: 10_800,
      tries: 1,
      nextTryAt: null,
      until: null,
    },
    nextSteps: [
      { command: `tenant-router moves rollback ${id}`, effect: 'counts again, and continues if it was repaired' },
      { command: accept, effect: 'continues anyway, and gives up 412 record(s)' },
    ],
  }
  const lines = (await show(stopped)).trimEnd().split('\n')
  expect(lines.filter((line) => line.length > 80 && line.trim() !== accept)).toEqual([])
  expect(lines.slice(lines.indexOf('It waits:'))).toEqual([
    'It waits:',
    '  for    a person has to decide: The place in use shows 88 records and the other',
    '         one 500: 412 that nobody deleted are gone from it.',
    '  kind   needs_person, a row of docs/runbook.md',
    '  count  412',
    '  tries  1, checked continuously',
    '  since  2026-11-28 09:00:00 UTC, for 3 h',
    '',
    'A person has to choose:',
    `  tenant-router moves rollback ${id}`,
    '      counts again, and continues if it was repaired',
    `  ${accept}`,
    '      continues anyway, and gives up 412 record(s)',
  ])
})

test('a move that has ended shows how, and nothing to do', async () => {
  const out = await show({
    ...copying,
    state: 'rolled_back',
    writePauseMs: 1230,
    switchedAt: '2026-11-28T12:05:00.000Z',
    retainUntil: '2026-12-01T12:05:00.000Z',
    endedAt: '2026-11-28T12:30:00.000Z',
    mover: null,
  })
  expect(out).toMatch(/^state +rolled back$/m)
  expect(out).toMatch(/^writes held +for 1,230 ms by the switch$/m)
  expect(out).toMatch(/^ended +2026-11-28 12:30:00 UTC$/m)
  expect(out).not.toMatch(/way back|It waits|can be done/)
})
