import { expect, test } from 'vitest'
import type { Move } from '../../src/cli/kit/move.ts'
import { copying, moveId } from './copying-move.ts'
import { Frames, fakeAdmin } from './fake-admin.ts'
import { runCli } from './run-cli.ts'

/** Watches a move whose looks are these, in a pipe. @returns its lines, without their times. */
async function watched(...moves: readonly Partial<Move>[]): Promise<readonly string[]> {
  let at = 0
  await using admin = await fakeAdmin(({ path }) => {
    if (!path.endsWith('/events')) return [200, { ...copying, ...moves[0] }]
    const frames = moves.slice(1).map((one) => ({ event: 'progress', data: { ...copying, ...one } }))
    at += 1
    return at === 1 ? new Frames(...frames) : new Frames({ event: 'end', data: { ...copying, ...moves.at(-1) } })
  })
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
  const { out } = await runCli(['moves', 'watch', moveId], env)
  return out
    .trim()
    .split('\n')
    .map((line) => line.replace(/^\S+Z /, '').replaceAll(/, [\d,]+\/s|, \d+ min left/g, ''))
}

test('a move in a pipe that waits now and then says each thing that it waits for once', async () => {
  const fencing = { state: 'fencing' } as const
  const lines = await watched(
    { state: 'verifying' },
    { ...fencing, gate: 'record r1 is held for 3 s' },
    fencing,
    { ...fencing, gate: 'record r2 is held for 4 s' },
    fencing,
    { ...fencing, gate: 'a replica is behind' },
    { ...fencing, gate: 'record r2 is held for 5 s' },
    { state: 'switching' },
    { state: 'completed' },
  )
  expect(lines).toEqual([
    'verifying 0 of 5,000 (0 %)',
    'fencing waits: record r1 is held for 3 s',
    'fencing waits: a replica is behind',
    'switching',
    'completed',
  ])
})

test('progress goes by tenths and never back, and a state that comes again is said again', async () => {
  const at = (copied: number): Partial<Move> => ({
    state: 'copying',
    progress: { copied, verified: 0, total: 1_000, percent: 0, etaS: null },
  })
  const paused = { ...at(350), state: 'paused' } as const
  const lines = await watched(at(0), at(50), at(320), at(310), at(350), paused, at(350), at(1_000), {
    ...at(1_000),
    state: 'completed',
  })
  expect(lines).toEqual([
    'copying 0 of 1,000 (0 %)',
    'copying 320 of 1,000 (32 %)',
    'paused',
    'copying 350 of 1,000 (35 %)',
    'copying 1,000 of 1,000 (100 %)',
    'completed',
  ])
})

test('progress is never above 100 %, and a move on its way back shows none', async () => {
  const more = { progress: { copied: 121, verified: 118, total: 118, percent: 100, etaS: null } }
  expect(
    await watched({ state: 'copying', ...more }, { state: 'rolling_back', ...more }, { state: 'rolled_back', ...more }),
  ).toEqual(['copying 121 records', 'rolling_back', 'rolled_back'])
})

test('a state that is heard of before its numbers are known is said once', async () => {
  let streams = 0
  const at = (state: Move['state'], total: number | null): Move => ({
    ...copying,
    state,
    progress: { copied: total ?? 0, verified: total ?? 0, total, percent: 0, etaS: null },
  })
  await using admin = await fakeAdmin(({ path }) => {
    if (!path.endsWith('/events')) return [200, at('queued', null)]
    streams += 1
    const event = (id: number, state: Move['state']) => ({ id, event: 'state', data: { id, state } })
    const progress = (state: Move['state']) => ({ event: 'progress', data: at(state, 100) })
    if (streams > 1) return new Frames({ event: 'end', data: at('completed', 100) })
    return new Frames(
      { event: 'progress', data: at('queued', null) },
      event(1, 'fencing'),
      progress('fencing'),
      event(2, 'completing'),
      progress('completing'),
      progress('completing'),
    )
  })
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
  const { out } = await runCli(['moves', 'watch', moveId], env)
  const states = out
    .trim()
    .split('\n')
    .map((line) => line.replace(/^\S+Z /, ''))
  expect(states).toEqual(['queued', 'fencing', 'completing', 'completed'])
})
